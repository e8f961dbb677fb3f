"""Draw how long the last runs took, and how they ended."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.scales import COLOURS

_OUTCOMES = {
    "published": (COLOURS[2], "circle"),
    "unchanged": (COLOURS[7], "square"),
    "failed": (COLOURS[5], "cross"),
    "interrupted": (COLOURS[1], "triangle-down"),
}
"""Colour and shape of each."""


def runs(rows: pd.DataFrame) -> alt.LayerChart:
    """Draw one stem per run, as high as it took seconds, the newest at the right.

    Args:
        rows: of the query overview_runs.
    """
    rows = rows.assign(began=rows["began_at"].dt.strftime("%Y-%m-%d %H:%M:%S")).iloc[::-1]
    colours, shapes = zip(*_OUTCOMES.values(), strict=True)
    names = list(_OUTCOMES)
    legend = alt.Legend(title=None, orient="top", columns=2, symbolOpacity=1)
    base = alt.Chart(rows).encode(
        x=alt.X("runs_ago:O", sort="descending", title="runs before the last", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("seconds:Q", title="seconds"),
        color=alt.Color("outcome:N", scale=alt.Scale(domain=names, range=list(colours)), legend=legend),
        tooltip=["began", "outcome", alt.Tooltip("seconds:Q", format=".1f"), "release", "computed", "device"],
    )
    stems = base.mark_rule(strokeWidth=2, opacity=0.5)
    ends = base.mark_point(filled=True, size=90, opacity=1).encode(
        shape=alt.Shape("outcome:N", scale=alt.Scale(domain=names, range=list(shapes)), legend=legend)
    )
    return alt.LayerChart(layer=[stems, ends], height=260)
