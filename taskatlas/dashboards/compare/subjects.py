"""Show two subjects side by side: how alike they are, their scores, and where their answers differ."""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts import compare as charts
from taskatlas.dashboards.compare.drift import show_drift
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published

TEXTS = 200
"""Texts that compare_texts.sql gives at most."""
_COSINES = {
    "method": "Method",
    "cosine": st.column_config.NumberColumn("Cosine", format="%.3f"),
    "space": "Space",
}
_RIGHT = "Of the texts with a label; where the subject names all labels as the dataset does"
_AGREEMENT = {
    "origin_kind": "Kind",
    "origin": "Text set",
    "texts": "Texts",
    "same": st.column_config.NumberColumn("Same answer", format="percent"),
    "differ": "Differ",
    "apart": st.column_config.NumberColumn("Apart", format="%.3f", help="Mean distance of their numbers"),
    "right_one": st.column_config.NumberColumn("A is right", format="percent", help=_RIGHT),
    "right_other": st.column_config.NumberColumn("B is right", format="percent", help=_RIGHT),
}
_TEXTS = {
    "text": st.column_config.TextColumn("Text", width="large"),
    "beside": st.column_config.TextColumn("Beside it", help="Its second text, fields and choices"),
    "label": "Label",
    "one": "A says",
    "other": "B says",
    "split": "Split",
}
_NEIGHBORS = {
    "method": "Method",
    "kind": "Kind",
    "rank": st.column_config.NumberColumn("#", width="small"),
    "one": "Near A",
    "similarity_one": st.column_config.NumberColumn("Cosine", format="%.3f"),
    "other": "Near B",
    "similarity_other": st.column_config.NumberColumn("Cosine ", format="%.3f"),
}


def show_subjects(release: Published, one: str, other: str) -> None:
    """Show everything about two subjects; `one` is A, `other` is B."""
    st.subheader("How alike")
    alike = release.query("compare_cosines", one=one, other=other)
    figures.table(alike, _COSINES, empty="They have no vector in a common space.")
    _scores(release, one, other)
    _answers(release, one, other)
    st.subheader("Neighbours")
    near = release.query("compare_neighbors", one=one, other=other)
    figures.table(near, _NEIGHBORS, empty="No neighbours are known: they have no vectors.", height=320)
    show_drift(release, one, other)


def _scores(release: Published, one: str, other: str) -> None:
    st.subheader("Scores")
    result = release.query("compare_scores", one=one, other=other)
    metrics = sorted(set(result.table["metric"].to_pylist()))
    if not metrics:
        figures.show_empty("Neither is measured or forecast on any dataset.")
        return
    metric = st.segmented_control(
        "Metric", metrics, default=metrics[0], required=True, key="metric", bind="query-params"
    )
    drawn = result.table["metric"].to_pylist().count(metric)
    if drawn > charts.MOST:
        st.caption(f"The {charts.MOST} datasets of {drawn} on which they differ most; the table has all.")
    figures.chart(
        result,
        lambda rows: charts.scores(rows, one, other, metric),
        about=f"Measured and forecast {metric} of {one} and {other}, dataset by dataset",
        empty="Neither is measured or forecast on any dataset.",
        key="scores",
    )
    columns = {"dataset": "Dataset", "metric": "Metric"} | {
        f"{kind}_{side}": st.column_config.NumberColumn(f"{kind.capitalize()} {title}", format=form)
        for kind in ("measured", "forecast")
        for side, title, form in (("one", "A", "%.3f"), ("other", "B", "%.3f"), ("difference", "A - B", "%+.3f"))
    }
    figures.table(result, columns, empty="Neither is measured or forecast on any dataset.", key="scores-rows")


def _answers(release: Published, one: str, other: str) -> None:
    st.subheader("Where their answers differ")
    agreement = release.query("compare_agreement", one=one, other=other)
    figures.table(agreement, _AGREEMENT, empty="There is no text that both have answered.")
    rows = agreement.table.to_pylist()
    unknown = any(row["differ"] is None for row in rows)
    by_text_set = {(row["origin_kind"], row["origin"]): row for row in rows if row["differ"] or unknown}
    if not by_text_set:
        if rows:
            figures.show_empty("They answer every text the same.")
        return
    if unknown:
        figures.show_empty(
            "They have no label in common, so only a person can tell which of their answers mean the same."
        )
    picked = box("Texts of", list(by_text_set), "origin", label_of=" ".join)
    differ = by_text_set[picked]["texts" if unknown else "differ"]
    st.caption(f"{differ:,} texts" if differ <= TEXTS else f"The first {TEXTS} of {differ:,} texts")
    texts = release.query("compare_texts", one=one, other=other, origin_kind=picked[0], origin=picked[1])
    figures.table(texts, _TEXTS, empty="They answer every text of it the same.", height=400)
