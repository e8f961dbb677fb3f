"""Draw two subjects, A and B, side by side: their scores, and how they moved from release to release."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.scales import COLOURS, NUMBERS, SHAPES

MOST = 30
"""Datasets that are drawn; the table beneath has all."""
_PAIR = ["A", "B"]
_KINDS = ["measured", "forecast"]
_GREY: dict[str, Any] = {"symbolFillColor": COLOURS[7], "symbolStrokeColor": COLOURS[7], "symbolOpacity": 1}
_COLOUR = alt.Color(
    "pair:N",
    scale=alt.Scale(domain=_PAIR, range=[COLOURS[0], COLOURS[5]]),
    legend=alt.Legend(title=None, symbolOpacity=1),
)

_NAMES = alt.Axis(labelLimit=130, labelFlush=False)
_ROUND = 160
"""Pixels of the legend and the axis, which Streamlit takes from a chart's height."""


def scores(rows: pd.DataFrame, one: str, other: str, metric: str) -> alt.LayerChart:
    """Draw two lines per dataset, from the score of A to that of B: measured and forecast.

    The datasets on which they differ most come first.

    Args:
        rows: of the query compare_scores.
        one: name of A.
        other: name of B.
        metric: whose rows are drawn.
    """
    rows = rows[rows["metric"] == metric]
    apart = rows[["measured_difference", "forecast_difference"]].abs().max(axis=1).fillna(-1.0)
    rows = rows.loc[apart.sort_values(ascending=False, kind="stable").index].head(MOST)
    parts = [
        pd.DataFrame({"dataset": rows["dataset"], "subject": name, "score": kind, "value": rows[f"{kind}_{side}"]})
        for kind in _KINDS
        for name, side in ((one, "one"), (other, "other"))
    ]
    base = alt.Chart(_paired(pd.concat(parts).dropna(subset="value"), one)).encode(
        y=alt.Y("dataset:N", title=None, sort=rows["dataset"].tolist(), axis=_NAMES),
        yOffset=alt.YOffset("score:N", scale=alt.Scale(domain=_KINDS)),
    )
    spans = base.mark_rule(strokeWidth=2, opacity=0.5, color=COLOURS[7]).encode(
        x=alt.X("min(value):Q", title=metric, scale=alt.Scale(zero=False), axis=NUMBERS),
        x2="max(value):Q",
        detail="score:N",
    )
    shape = alt.Scale(domain=_KINDS, range=["diamond", "circle"])
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        x="value:Q",
        color=_COLOUR,
        shape=alt.Shape("score:N", scale=shape, legend=alt.Legend(title=None, columns=1, **_GREY)),
        tooltip=["dataset", "subject", "score", alt.Tooltip("value:Q", format=".3f")],
    )
    return _finished(alt.layer(spans, points), 44 * len(rows) + _ROUND)


def drift(rows: pd.DataFrame, one: str) -> alt.LayerChart:
    """Draw one line per subject: cosine of its vector in each release with its vector in the newest that has it.

    Args:
        rows: of the query compare_drift, of one space.
        one: name of A.
    """
    lines = alt.Chart(_paired(rows, one)).encode(
        x=_releases(rows),
        y=alt.Y("cosine:Q", title="cosine with the newest", scale=alt.Scale(zero=False)),
        color=_COLOUR,
        tooltip=["release", "subject", "method", alt.Tooltip("cosine:Q", format=".4f")],
    )
    return _marked(lines)


def history(rows: pd.DataFrame, one: str, metric: str) -> alt.LayerChart:
    """Draw one line per subject and kind of score, from release to release; forecasts are dashed.

    Args:
        rows: of the query compare_history.
        one: name of A.
        metric: of the scores.
    """
    dashes = alt.Scale(domain=_KINDS, range=[[1, 0], [6, 4]])
    lines = alt.Chart(_paired(rows, one)).encode(
        x=_releases(rows),
        y=alt.Y("value:Q", title=metric, scale=alt.Scale(zero=False)),
        color=_COLOUR,
        strokeDash=alt.StrokeDash(
            "score:N", scale=dashes, legend=alt.Legend(title=None, symbolType="stroke", symbolSize=400)
        ),
        tooltip=[
            *("release", "subject", "score"),
            *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")),
        ],
    )
    return _marked(lines)


def _paired(rows: pd.DataFrame, one: str) -> pd.DataFrame:
    return rows.assign(pair=["A" if name == one else "B" for name in rows["subject"]])


def _marked(lines: alt.Chart) -> alt.LayerChart:
    shape = alt.Shape("pair:N", scale=alt.Scale(domain=_PAIR, range=list(SHAPES[:2])))
    points = lines.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)
    return _finished(alt.layer(lines.mark_line(strokeWidth=2, opacity=0.7), points), 320)


def _finished(chart: Any, height: int) -> alt.LayerChart:
    finished: alt.LayerChart = chart.properties(height=height).configure_legend(orient="top")
    return finished


def _releases(rows: pd.DataFrame) -> alt.X:
    order = rows.sort_values("number")["release"].unique().tolist()
    return alt.X("release:O", sort=order, title="release", axis=alt.Axis(labelAngle=0))
