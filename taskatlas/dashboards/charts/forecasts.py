"""Draw forecasts with their intervals, beside measured scores."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.scales import COLOURS, NUMBERS

MOST = 25
"""Subjects that are drawn; the table beneath has all."""


def forecasts(rows: pd.DataFrame, metric: str) -> alt.LayerChart:
    """Draw one line per subject, the most promising first: the interval, the forecast in it, and the measured score.

    Args:
        rows: of the query choose_subjects.
        metric: of the scores.
    """
    rows = rows.head(MOST)
    long = pd.concat([_points(rows, "forecast", ""), _points(rows, "measured", "measured_")]).dropna(subset="value")
    axis = alt.Axis(labelLimit=220, labelFlush=False)
    names = alt.Y("subject:N", sort=rows["subject"].tolist(), title=None, axis=axis)
    numbers = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    kinds = [kind for kind in ("forecast", "measured") if kind in set(long["score"])]
    intervals = (
        alt.Chart(rows)
        .mark_rule(strokeWidth=3, opacity=0.45, color=COLOURS[0])
        .encode(x=alt.X("low:Q", title=metric, scale=alt.Scale(zero=False), axis=NUMBERS), x2="high:Q", y=names)
    )
    points = (
        alt.Chart(long)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x="value:Q",
            y=names,
            color=alt.Color(
                "score:N", scale=alt.Scale(domain=kinds, range=COLOURS[: len(kinds)]), legend=alt.Legend(title=None)
            ),
            shape=alt.Shape("score:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"][: len(kinds)])),
            tooltip=["subject", "score", *numbers],
        )
    )
    chart: alt.LayerChart = alt.layer(intervals, points).configure_legend(orient="top")
    return chart


def _points(rows: pd.DataFrame, score: str, prefix: str) -> pd.DataFrame:
    """Return one kind of score with its interval; on a visitor's own texts there is no measured one."""
    columns = ["subject", score, f"{prefix}low", f"{prefix}high"]
    return rows.reindex(columns=columns).set_axis(["subject", "value", "low", "high"], axis=1).assign(score=score)
