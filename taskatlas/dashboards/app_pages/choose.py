"""Choose: which prompt, model or source dataset should I use here, with what expected score?"""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts.forecasts import MOST, forecasts
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, QueryResult
from taskatlas.errors import TaskatlasError
from taskatlas.installed.extras import require

_SUBJECTS = {
    "rank": st.column_config.NumberColumn("#", width="small"),
    "subject": "Subject",
    "model": "Model",
    "prompt": "Prompt",
    "forecast": st.column_config.NumberColumn("Forecast", format="%.3f"),
    "low": st.column_config.NumberColumn("Low", format="%.3f"),
    "high": st.column_config.NumberColumn("High", format="%.3f"),
    "measured": st.column_config.NumberColumn("Measured", format="%.3f"),
    "fidelity": st.column_config.NumberColumn(
        "Fidelity",
        format="%.2f",
        help="Share of corpus texts on which student and subject agree; of numbers, rank correlation",
    ),
}
_MODELS = {
    "model": "Model",
    "kind": "Kind",
    "best_prompt": "Best prompt",
    "forecast": _SUBJECTS["forecast"],
    "low": _SUBJECTS["low"],
    "high": _SUBJECTS["high"],
    "spread": st.column_config.NumberColumn("Spread over prompts", format="%.3f"),
    "subjects": "Subjects",
}
_SOURCES = {
    "method": "Method",
    "source": "Dataset",
    "similarity": st.column_config.NumberColumn("Cosine", format="%.2f"),
    "family": "Family",
    "n_train": "Train texts",
    "best_there": "Best there",
    "measured_there": st.column_config.NumberColumn("Measured there", format="%.3f"),
    "its_forecast_here": st.column_config.NumberColumn("Its forecast here", format="%.3f"),
}


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Choose")
    st.write("Which prompt, model or source dataset should I use here, and what score may I expect?")
    targets = ["A dataset", "Texts of my own"]
    target = st.segmented_control(
        "Choose for", targets, default=targets[0], required=True, key="for", bind="query-params"
    )
    if target == targets[1]:
        _own_texts(release)
        return
    datasets = release.query("datasets").table["dataset"].to_pylist()
    if not datasets:
        figures.show_empty("There is no dataset in this release. A card in datasets/ and a run bring one.")
        return
    left, right = st.columns([2, 1])
    dataset = box("Dataset", datasets, "dataset", container=left)
    metrics = release.query("choose_metrics", dataset=dataset).table["metric"].to_pylist()
    if not metrics:
        figures.show_empty("No subject's answers can be matched with this dataset's labels, so nothing is forecast.")
    else:
        metric = right.segmented_control(
            "Metric", metrics, default=metrics[0], required=True, key="metric", bind="query-params"
        )
        _subjects(release, dataset, metric)
    st.subheader("Source datasets")
    st.write("Labelled datasets that are like this one, and what does best there.")
    sources = release.query("choose_sources", dataset=dataset)
    figures.table(sources, _SOURCES, empty="No neighbours are known: this dataset has no vector.")


def _own_texts(release: Published) -> None:
    """The form for one's own texts, which are embedded here: that takes the extra `run`."""
    try:
        require("run")
    except TaskatlasError as error:
        figures.show_empty(str(error))
        return
    from taskatlas.dashboards import own_texts

    own_texts.show(release)


def _subjects(release: Published, dataset: str, metric: str) -> None:
    result = release.query("choose_subjects", dataset=dataset, metric=metric)
    _first(result, metric)
    st.subheader("Subjects")
    figures.chart(
        result,
        lambda rows: forecasts(rows, metric),
        about=f"Forecast {metric} of the {MOST} most promising subjects on {dataset}, with measured scores",
        empty="Nothing is forecast here.",
        key="forecasts",
    )
    figures.table(result, _SUBJECTS, empty="Nothing is forecast here.", height=320)
    _why(release, result, dataset, metric)
    st.subheader("Models")
    figures.table(release.query("choose_models", dataset=dataset, metric=metric), _MODELS, empty="No model is known.")


def _first(result: QueryResult, metric: str) -> None:
    best = result.table.slice(0, 1).to_pylist()[0]
    measured = "not measured" if best["measured"] is None else f"measured {best['measured']:.2f}"
    st.success(
        f"**{escape(best['subject'])}** promises most: {escape(metric)} {best['forecast']:.2f} "
        f"({best['low']:.2f} to {best['high']:.2f}); {measured}.",
        icon=":material/check_circle:",
    )


def _why(release: Published, result: QueryResult, dataset: str, metric: str) -> None:
    names = result.table["subject"].to_pylist()
    st.subheader("Why")
    subject = box("Subject", names, "subject")
    flags = release.query("choose_flags", subject=subject, dataset=dataset, metric=metric)
    for row in flags.table.to_pylist():
        st.warning(f"**{escape(row['flag'])}**: {escape(row['why'])}", icon=":material/flag:")
    if flags.table.num_rows:
        figures.show_source(flags)
    neighbours = {"method": "Method", "kind": "Kind", "neighbor": "Neighbour", "similarity": _SOURCES["similarity"]}
    figures.table(
        release.query("neighbors", subject=subject, k=3), neighbours, empty="This subject has no vector.", key="why"
    )


show(st.session_state["published"])
