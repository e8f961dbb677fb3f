"""Choose: which prompt, model or source dataset should I use here, with what expected score?"""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures, recommended
from taskatlas.dashboards.charts.candidates import MOST, candidates
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, QueryResult
from taskatlas.errors import TaskatlasError
from taskatlas.installed.extras import require
from taskatlas.recommend.words import in_words

_OLDER = "A release from before there were recommendations has none, either."

_SUBJECTS = {
    "rank": st.column_config.NumberColumn("#", width="small"),
    "candidate": "Subject",
    "verdict": "Verdict",
    "expected": st.column_config.NumberColumn("Expected", format="%.3f", help="By all that is known"),
    "low": st.column_config.NumberColumn("Low (90%)", format="%.3f"),
    "high": st.column_config.NumberColumn("High (90%)", format="%.3f"),
    "measured": st.column_config.NumberColumn("Measured", format="%.3f"),
    "forecast": st.column_config.NumberColumn("Forecast", format="%.3f"),
    "tried": st.column_config.NumberColumn("Tried", format="%.3f", help="By the calls of taskatlas try"),
    "known": st.column_config.NumberColumn("Known", format="%.3f", help="What somebody else measured, on other texts"),
    "known_from": "Known from",
    "fidelity": st.column_config.NumberColumn(
        "Fidelity",
        format="%.2f",
        help="Share of corpus texts on which student and subject agree; of numbers, rank correlation",
    ),
    "cost": st.column_config.NumberColumn("Cost of 1,000", format="%.3f"),
    "seconds": st.column_config.NumberColumn(
        "Seconds of 1,000", format="%.1f", help="At the median, on the machine that made them"
    ),
    "note": "Note",
}
_SHARED = {name: _SUBJECTS[name] for name in ("verdict", "expected", "low", "high", "measured")}
_MODELS = {
    "rank": _SUBJECTS["rank"],
    "model": "Model",
    "kind": "Kind",
    "prompt": "By its prompt",
    **_SHARED,
    "spread": st.column_config.NumberColumn("Spread over prompts", format="%.3f"),
    "subjects": "Subjects",
}
_SIMILARITY = st.column_config.NumberColumn("Cosine", format="%.2f")
_SOURCES = {
    "rank": _SUBJECTS["rank"],
    "source": "Dataset",
    "subject": "By",
    "note": "Which is",
    **_SHARED,
    "similarity": st.column_config.NumberColumn("Likeness", format="%.2f"),
    "family": "Family",
    "n_train": "Train texts",
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
    labels = {row["dataset"]: row["labels"] for row in release.query("datasets").table.to_pylist()}
    if not labels:
        figures.show_empty("There is no dataset in this release. A card in datasets/ and a run bring one.")
        return
    dataset = box("Dataset", list(labels), "dataset")
    _subjects(release, dataset, labels[dataset])
    st.subheader("Source datasets")
    st.write("Labelled datasets to learn from, each by what was fitted on it, or else does best there.")
    sources = release.query("choose_sources", dataset=dataset)
    figures.table(
        sources, _SOURCES, empty="No other dataset is known to be of use: none is near, and no subject links them."
    )


def _own_texts(release: Published) -> None:
    """The form for one's own texts, which are embedded here: that takes the extra `run`."""
    try:
        require("run")
    except TaskatlasError as error:
        figures.show_empty(str(error))
        return
    from taskatlas.dashboards import own_texts

    own_texts.show(release)


def _subjects(release: Published, dataset: str, labels: list[str]) -> None:
    result = release.query("choose_subjects", dataset=dataset)
    rows = result.table.to_pylist()
    if not rows:
        figures.show_empty(f"Nothing is recommended: {in_words([], labels=labels)}. {_OLDER}")
        return
    recommended.show(release, dataset, rows)
    metric = rows[0]["metric"]
    st.subheader("Subjects")
    figures.chart(
        result,
        lambda frame: candidates(frame, metric),
        about=f"Expected {metric} of the first {MOST} subjects on {dataset}, with measured and forecast scores",
        empty="Nothing is known here.",
        key="candidates",
    )
    if rows[0]["baseline_label"] is not None:
        st.caption(f"Dashed: always answering {escape(rows[0]['baseline_label'])}.")
    figures.table(result, _SUBJECTS, empty="Nothing is known here.", height=320)
    _why(release, result, dataset, metric)
    st.subheader("Models")
    figures.table(release.query("choose_models", dataset=dataset), _MODELS, empty="No model is known.")


def _why(release: Published, result: QueryResult, dataset: str, metric: str) -> None:
    names = result.table["candidate"].to_pylist()
    st.subheader("Why")
    subject = box("Subject", names, "subject")
    flags = release.query("choose_flags", subject=subject, dataset=dataset, metric=metric)
    for row in flags.table.to_pylist():
        st.warning(f"**{escape(row['flag'])}**: {escape(row['why'])}", icon=":material/flag:")
    if flags.table.num_rows:
        figures.show_source(flags)
    neighbours = {"method": "Method", "kind": "Kind", "neighbor": "Neighbour", "similarity": _SIMILARITY}
    figures.table(
        release.query("neighbors", subject=subject, k=3), neighbours, empty="This subject has no vector.", key="why"
    )


show(st.session_state["published"])
