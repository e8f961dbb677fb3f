"""Evidence: do the vectors and forecasts predict what was measured?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts.evidence import history, pairs, panel
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published

_MOST = 5_000
"""Pairs of forecast and score that are drawn; the numbers are of all pairs."""
_QUESTIONS = {
    "siblings": "Is a dataset's nearest dataset of its own family?",
    "siblings_hidden": "And where the names of its labels are hidden?",
    "choice": "Which subject should be used on a dataset?",
    "choice_distinct": "And which among subjects that do not make it easy?",
    "choice_models": "Which model should be used on a dataset?",
    "sources": "Which other dataset should a model be taught with?",
    "forecast": "Which score will a subject reach?",
    "stability": "What remains where only a part of the corpus is answered?",
}
_NUMBERS = {
    name: st.column_config.NumberColumn(label, format="%.3f")
    for name, label in {"value": "Value", "low": "Low (90%)", "high": "High (90%)", "random": "Random"}.items()
}
_BEST = {
    "benchmark": "Question",
    "metric": "Metric",
    "method": "Best method",
    **_NUMBERS,
    "beyond": st.column_config.CheckboxColumn("Beats chance", help="Its 90% interval lies beyond random"),
    "n": st.column_config.NumberColumn("n", help="Datasets, or pairs of subject and dataset, averaged over"),
}
_ALL = {
    "benchmark": "Question",
    "metric": "Metric",
    "method": "Method",
    **{name: _NUMBERS[name] for name in ("value", "low", "high")},
    "n": _BEST["n"],
    "labels_used": st.column_config.TextColumn("Labels", help="Labels of the target that the method saw"),
    "calls_used": st.column_config.TextColumn("Calls", help="Calls of the subject on the target"),
    "lead": st.column_config.NumberColumn("Lead", format="%+.3f", help="Over the best baseline; above 0 is better"),
    "baseline": st.column_config.TextColumn("Best baseline", help="What the lead is over, on the same targets"),
    "p_value": st.column_config.NumberColumn("p", format="%.3f", help="Of the lead, two-sided: a sign-flip test"),
    "definition": "Definition",
}
_COVERAGE = {
    "dataset": "Dataset",
    "pairs": st.column_config.NumberColumn("Pairs", help="Subjects with a forecast and a measured score"),
    "coverage": st.column_config.NumberColumn("Coverage", format="percent", help="Within the 90% interval"),
    "mean_error": st.column_config.NumberColumn("Mean error", format="%.3f"),
    "bias": st.column_config.NumberColumn("Bias", format="%+.3f", help="Forecast less measured"),
    "width": st.column_config.NumberColumn("Width", format="%.3f", help="Of the interval, on average"),
}


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Evidence")
    st.write("Do the vectors and forecasts predict what was measured?")
    best = release.query("evidence_best")
    measures = best.table.to_pylist()
    if measures:
        _verdict(measures)
        figures.table(best, _BEST, empty="")
    for row in release.query("evidence_lacks").table.to_pylist():
        figures.show_empty(row["todo"])
    _panels(release, measures)
    _forecasts(release)
    _history(release, measures)
    if measures:
        st.subheader("All benchmarks")
        figures.table(release.query("evidence_benchmarks"), _ALL, empty="")


def _verdict(measures: list[dict[str, object]]) -> None:
    judged = [row for row in measures if row["beyond"] is not None]
    if not judged:  # there is no measure of chance
        return
    won = sum(bool(row["beyond"]) for row in judged)
    summary = f"The best method beats chance in {won} of {len(judged)} measures: its 90% interval lies beyond random."
    show, icon = (st.success, "check_circle") if won == len(judged) else (st.warning, "warning")
    show(summary, icon=f":material/{icon}:")


def _panels(release: Published, measures: list[dict[str, object]]) -> None:
    for question in dict.fromkeys(str(row["benchmark"]) for row in measures):
        own = [row for row in measures if row["benchmark"] == question]
        st.subheader(escape(_QUESTIONS.get(question, question)))
        for row, column in zip(own, st.columns(2) * len(own), strict=False):
            metric = str(row["metric"])
            with column:
                st.markdown(f"**{escape(metric)}**")
                st.caption(escape(row["definition"]))
                figures.chart(
                    release.query("evidence_panel", benchmark=question, metric=metric),
                    partial(panel, metric=metric),
                    about=f"{metric} of every method for the question {question}, with 90% intervals and chance",
                    empty="No method has a value.",
                    key=f"panel-{question}-{metric}",
                )


def _forecasts(release: Published) -> None:
    st.subheader("Forecast against measured")
    pairs_of = {row["metric"]: row["pairs"] for row in release.query("evidence_metrics").table.to_pylist()}
    if not pairs_of:
        figures.show_empty("No forecast has a measured score: that takes a subject that answers a labelled test split.")
        return
    metric = st.segmented_control(
        "Metric", list(pairs_of), default=next(iter(pairs_of)), required=True, key="metric", bind="query-params"
    )
    coverage = release.query("evidence_coverage", metric=metric)
    total = coverage.table.to_pylist()[-1]
    st.markdown(
        f"**{total['coverage']:.0%}** of {total['pairs']:,} measured scores lie in the 90% interval of their forecast; "
        f"forecasts are off by **{total['mean_error']:.3f}** on average. Dashed: right forecasts."
    )
    if pairs_of[metric] > _MOST:
        st.caption(f"{_MOST:,} of {pairs_of[metric]:,} pairs are drawn, chosen by hash.")
    figures.chart(
        release.query("evidence_pairs", metric=metric, most=_MOST),
        lambda rows: pairs(rows, metric),
        about=f"Forecast {metric} against measured {metric}, a point per subject and dataset",
        empty="No forecast has a measured score.",
    )
    figures.table(coverage, _COVERAGE, empty="No forecast has a measured score.")


def _history(release: Published, measures: list[dict[str, object]]) -> None:
    if not measures or len(release.releases) < 2:
        return
    st.subheader("Over the releases")
    by_name = {f"{row['benchmark']}: {row['metric']}": row for row in measures}
    row = by_name[box("Measure", list(by_name), "measure")]
    figures.chart(
        release.query("evidence_history", benchmark=str(row["benchmark"]), metric=str(row["metric"])),
        lambda rows: history(rows, str(row["metric"])),
        about=f"{row['metric']} of every method for the question {row['benchmark']}, release by release",
        empty="No release has this measure.",
    )


show(st.session_state["published"])
