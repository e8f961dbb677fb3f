"""Heatmap: do subjects do well on the datasets that they are similar to?"""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts import Chart
from taskatlas.dashboards.charts.matrix import CHOICES, MOST, leaf_orders, matrix, select_subjects
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, QueryResult

_SCORES = ("measured", "forecast")
_NOTHING = (
    "This release holds no vector and no score of a subject on a dataset. A run with labelled datasets brings them."
)
_CORRELATION = (
    "Spearman's rank correlation of cosine and score: over all pairs of dataset and subject that have both, and within "
    "each dataset with three subjects or more, over these. 1: who is more similar scores higher; 0: no relation; "
    "−1: the other way round."
)


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Heatmap")
    st.write("Do subjects do well on the datasets that they are similar to?")
    spaces = {row["name"]: row["space"] for row in release.query("spaces").table.to_pylist()}
    metrics = release.query("heatmap_metrics").table["metric"].to_pylist()
    if not spaces or not metrics:
        figures.show_empty(_NOTHING)
        return
    left, middle, right = st.columns(3)
    method = box("Method", list(spaces), "space", container=left)
    metric = box("Metric", metrics, "metric", container=middle)
    score = right.selectbox("Score", _SCORES, key="score", bind="query-params")
    with st.spinner("Comparing all datasets with all subjects"):
        pairs = release.query("heatmap_pairs", space=spaces[method], metric=metric, score=score)
    if not pairs.table.num_rows:
        figures.show_empty(_NOTHING)
        return
    _correlation(pairs)
    _matrices(pairs, f"cosine by {method}", f"{score} {metric}")


def _correlation(pairs: QueryResult) -> None:
    st.subheader("Correlation of similarity and score")
    rows = pairs.frame
    within = rows.groupby("dataset")["spearman_here"].first().dropna()
    overall = rows["spearman"].iloc[0]
    left, middle, right = st.columns(3)
    left.metric("Over all pairs", _number(overall), help=_CORRELATION)
    middle.metric("Mean within a dataset", _number(within.mean()), help=_CORRELATION)
    right.metric("Pairs with both", f"{rows['pairs'].iloc[0]:,}")
    st.caption(f"{_CORRELATION} The mean is over {len(within)} dataset{'' if len(within) == 1 else 's'}.")


def _number(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else f"{round(value, 2) + 0.0:.2f}"  # no −0.00


def _matrices(pairs: QueryResult, cosine: str, score: str) -> None:
    st.subheader("Datasets and subjects")
    subjects = pairs.frame["subject"].nunique()
    rows = pairs.frame
    if subjects > MOST:
        choice = st.segmented_control(
            f"The {MOST} of {subjects:,} subjects that",
            CHOICES,
            default=CHOICES[0],
            required=True,
            key="shown",
            bind="query-params",
            help="Differ most: the variance of their scores over datasets. Promise most: their mean forecast. "
            "All subjects are in the CSV.",
        )
        rows = select_subjects(rows, choice)
    order = leaf_orders(rows)
    st.caption(
        "Rows are datasets, columns are subjects, in the same order in both: those with like similarities stand "
        "together (leaves of a tree of average linkage). A cross is a pair without a value, which is not a low one."
    )
    for column, value, title in zip(st.columns(2), ("similarity", "score"), (cosine, score), strict=True):
        with column:
            figures.chart(
                pairs,
                partial(_matrix, rows, value, title, order),
                about=f"{title} of {len(order[0])} datasets and {len(order[1])} subjects, as a matrix",
                empty=_NOTHING,
                key=f"matrix-{value}",
            )


def _matrix(rows: pd.DataFrame, value: str, title: str, order: tuple[list[str], list[str]], _: pd.DataFrame) -> Chart:
    return matrix(rows, value, title, order)


show(st.session_state["published"])
