"""Draw the evidence: benchmarks with their intervals, and forecasts against measured scores."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.scales import COLOURS, NUMBERS, scale, shapes

_GREY = COLOURS[7]
_NAMED = 30
"""Names that a legend has; tooltips have all."""


def panel(rows: pd.DataFrame, metric: str) -> alt.LayerChart:
    """Draw one line per method of answering a question, the best first, with its 90% interval; chance is a dashed line.

    Args:
        rows: of the query evidence_panel.
        metric: of the values.
    """
    rows = rows.assign(role=rows["method"].where(rows["method"] == "random", "method"))
    roles = ["method", "random"]
    names = alt.Y("method:N", sort=rows["method"].tolist(), title=None, axis=alt.Axis(labelLimit=220, labelFlush=False))
    numbers = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    base = alt.Chart(rows).encode(
        y=names,
        color=alt.Color("role:N", scale=alt.Scale(domain=roles, range=[COLOURS[0], _GREY]), legend=None),
        tooltip=["method", *numbers, "n", "labels_used", "calls_used", "definition"],
    )
    number = alt.X("value:Q", title=metric, scale=alt.Scale(zero=False), axis=NUMBERS)
    intervals = base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=alt.X("low:Q", title=metric), x2="high:Q")
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=number,
        shape=alt.Shape("role:N", scale=alt.Scale(domain=roles, range=["circle", "diamond"]), legend=None),
    )
    chance = rows[rows["method"] == "random"]
    floor = [alt.Chart(chance).mark_rule(strokeDash=[4, 4], color=_GREY).encode(x="value:Q")] if len(chance) else []
    return alt.LayerChart(layer=[*floor, intervals, points], height=70 + 28 * len(rows))


def pairs(rows: pd.DataFrame, metric: str) -> alt.LayerChart:
    """Draw forecast above measured score, a point per subject and dataset; right forecasts lie on the diagonal.

    The legend picks datasets; under the pointer, a point shows its interval.

    Args:
        rows: of the query evidence_pairs.
        metric: of the scores.
    """
    datasets = sorted(rows["dataset"].unique())
    least, most = rows[["measured", "forecast"]].min().min(), rows[["measured", "forecast"]].max().max()
    margin = max(0.05 * (most - least), 0.01)
    both = alt.Scale(domain=[least - margin, most + margin], nice=False)
    picked = alt.selection_point(fields=["dataset"], bind="legend", name="picked")
    under = alt.selection_point(fields=["subject", "dataset"], on="pointerover", empty=False, name="under")
    legend = _legend(datasets)
    colour = alt.Color("dataset:N", scale=scale(datasets), legend=legend)
    numbers = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("measured", "forecast", "low", "high")]
    base = alt.Chart(rows).encode(x=alt.X("measured:Q", title=f"measured {metric}", scale=both), color=colour)
    points = (
        base.mark_point(filled=True, size=50)
        .encode(
            y=alt.Y("forecast:Q", title=f"forecast {metric}", scale=both),
            shape=alt.Shape("dataset:N", scale=shapes(datasets), legend=legend),
            opacity=alt.when(picked).then(alt.value(0.85)).otherwise(alt.value(0.08)),
            tooltip=["subject", "dataset", *numbers, "within", "labels_used", "tested"],
        )
        .add_params(picked, under)
    )
    intervals = base.mark_rule(strokeWidth=3, clip=True).encode(
        y=alt.Y("low:Q", scale=both),
        y2="high:Q",
        opacity=alt.when(under).then(alt.value(0.6)).otherwise(alt.value(0)),
    )
    ends = pd.DataFrame({"measured": both.domain, "forecast": both.domain})
    right = alt.Chart(ends).mark_line(strokeDash=[4, 4], color=_GREY).encode(x="measured:Q", y="forecast:Q")
    return alt.LayerChart(layer=[right, intervals, points], height=400 + _height(datasets))


def history(rows: pd.DataFrame, metric: str) -> alt.LayerChart:
    """Draw a line per method of answering a question over the releases, with its 90% interval at each.

    Args:
        rows: of the query evidence_history.
        metric: of the values.
    """
    methods = sorted(rows["method"].unique(), key=lambda name: (name == "random", name))
    numbers = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    base = alt.Chart(rows).encode(
        x=alt.X("release:O", sort=rows["release"].unique().tolist(), title="release", axis=alt.Axis(labelAngle=0)),
        color=alt.Color("method:N", scale=scale(methods), legend=_legend(methods)),
        tooltip=["release", "method", *numbers, "n"],
    )
    number = alt.Y("value:Q", title=metric, scale=alt.Scale(zero=False))
    points = base.mark_point(filled=True, size=80, opacity=1)
    layers = [
        base.mark_rule(strokeWidth=3, opacity=0.25).encode(y=alt.Y("low:Q", title=metric), y2="high:Q"),
        base.mark_line().encode(y=number),
        points.encode(y=number, shape=alt.Shape("method:N", scale=shapes(methods), legend=_legend(methods))),
    ]
    return alt.LayerChart(layer=layers, height=300 + _height(methods))


def _legend(names: list[str]) -> alt.Legend:
    """Return a legend below the chart, in as many columns as a phone has room for."""
    columns = min(2, len(names))
    return alt.Legend(title=None, orient="bottom", columns=columns, labelLimit=130, symbolLimit=_NAMED, symbolOpacity=1)


def _height(names: list[str]) -> int:
    """Return the pixels that the legend takes of a chart's height."""
    return 20 + 18 * (min(len(names), _NAMED) + 1) // 2
