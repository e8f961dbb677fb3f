"""Show how two subjects moved from release to release: their vectors, and their scores on a dataset."""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts import compare as charts
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published

MOST = 12
"""Releases that the lines span: the newest."""


def show_drift(release: Published, one: str, other: str) -> None:
    """Show lines over the newest releases, of which the open one may not be the last; `one` is A, `other` is B."""
    st.subheader("Drift over releases")
    names = list(release.releases)
    since = int(names[-MOST:][0].removeprefix("v"))
    if len(names) > MOST:
        st.caption(f"The newest {MOST} of {len(names)} releases.")
    elif len(names) == 1:
        st.caption("There is one release so far; the next one makes a line of the points.")
    _vectors(release, one, other, since)
    _scores(release, one, other, since)


def _vectors(release: Published, one: str, other: str, since: int) -> None:
    result = release.query("compare_drift", one=one, other=other, since=since)
    spaces = dict.fromkeys(result.table["space"].to_pylist())
    if not spaces:
        figures.show_empty("Neither has a vector, so nothing can drift.")
        return
    space = box("Space", list(spaces), "space")
    st.caption("Cosine of the vector in each release with the one in the newest release that has it; 1 is unmoved.")
    figures.chart(
        result,
        lambda rows: charts.drift(rows[rows["space"] == space], one),
        about=f"How far the vectors of {one} and {other} moved from release to release in the space {space}",
        empty="Neither has a vector, so nothing can drift.",
        key="drift",
    )


def _scores(release: Published, one: str, other: str, since: int) -> None:
    scored = release.query("compare_scores", one=one, other=other).table.select(["dataset", "metric"]).to_pylist()
    if not scored:
        return
    pairs = [(row["dataset"], row["metric"]) for row in scored]
    dataset, metric = box("Scores on", pairs, "scored", label_of=lambda pair: f"{pair[0]}, {pair[1]}")
    result = release.query("compare_history", one=one, other=other, dataset=dataset, metric=metric, since=since)
    figures.chart(
        result,
        lambda rows: charts.history(rows, one, metric),
        about=f"Measured and forecast {metric} of {one} and {other} on {dataset}, from release to release",
        empty="Neither is measured or forecast there.",
        key="history",
    )
