"""Draw candidates: expected scores with their intervals, measured and forecast ones beside them, and the baseline."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.scales import COLOURS, NUMBERS

MOST = 25
"""Candidates that are drawn; the table beneath has all."""
_SCORES = {"expected": "", "measured": "measured_", "tried": "tried_", "forecast": "forecast_", "known": "known_"}
"""Each kind of score → what the columns of its interval begin with; known scores have none."""
_MARKS = {"expected": "circle", "measured": "diamond", "tried": "cross", "forecast": "triangle-up", "known": "square"}


def candidates(rows: pd.DataFrame, metric: str) -> alt.LayerChart:
    """Draw one line per candidate, the first above: the interval, the expected score in it, the scores that it comes
    from, and across all of them the baseline.

    Args:
        rows: of the query choose_subjects; what is not there, as `measured` of a visitor's own texts, is not drawn.
        metric: of the scores.
    """
    rows = rows.head(MOST)
    names = alt.Y(
        "subject:N", sort=rows["subject"].tolist(), title=None, axis=alt.Axis(labelLimit=220, labelFlush=False)
    )
    intervals = (
        alt.Chart(rows)
        .mark_rule(strokeWidth=3, opacity=0.45, color=COLOURS[0])
        .encode(x=alt.X("low:Q", title=metric, scale=alt.Scale(zero=False), axis=NUMBERS), x2="high:Q", y=names)
    )
    layers = [intervals, _points(rows, names)]
    if "baseline" in rows and rows["baseline"].notna().any():
        layers.append(_baseline(rows))
    chart: alt.LayerChart = alt.layer(*layers).configure_legend(orient="top")
    return chart


def _points(rows: pd.DataFrame, names: alt.Y) -> alt.Chart:
    long = pd.concat([_long(rows, score, prefix) for score, prefix in _SCORES.items()]).dropna(subset="value")
    kinds = [kind for kind in _SCORES if kind in set(long["score"])]
    colours = alt.Scale(domain=kinds, range=COLOURS[: len(kinds)])
    numbers = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    points: alt.Chart = (
        alt.Chart(long)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x="value:Q",
            y=names,
            color=alt.Color("score:N", scale=colours, legend=alt.Legend(title=None)),
            shape=alt.Shape("score:N", scale=alt.Scale(domain=kinds, range=[_MARKS[kind] for kind in kinds])),
            tooltip=["subject", "score", *numbers],
        )
    )
    return points


def _long(rows: pd.DataFrame, score: str, prefix: str) -> pd.DataFrame:
    """One kind of score with its interval."""
    columns = ["subject", score, f"{prefix}low", f"{prefix}high"]
    return rows.reindex(columns=columns).set_axis(["subject", "value", "low", "high"], axis=1).assign(score=score)


def _baseline(rows: pd.DataFrame) -> alt.Chart:
    line: alt.Chart = (
        alt.Chart(rows.loc[rows["baseline"].notna(), ["baseline"]].head(1))
        .mark_rule(strokeDash=[6, 4], strokeWidth=2, color=COLOURS[-1])
        .encode(x="baseline:Q", tooltip=[alt.Tooltip("baseline:Q", format=".3f")])
    )
    return line
