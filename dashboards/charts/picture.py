"""A picture of a space: datasets and subjects as points, near where they are alike."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.scales import SEQUENTIAL, scale, shapes

PICKED = "picked"
"""The selection that a click makes; it holds the column `point`."""
SIGNS = {
    "dataset": "M0,-1.3L.31,-.42L1.24,-.4L.5,.16L.76,1.05L0,.52L-.76,1.05L-.5,.16L-1.24,-.4L-.31,-.42Z",
    "model": "M0,-1L.87,-.5V.5L0,1L-.87,.5V-.5Z",
    "prompt": "M-1,-.8H1V.45H-.1L-.6,1V.45H-1Z",
}
"""Shapes of their own: a star, a hexagon, a bubble. A subject has the shape of its category."""
_OWN = [{"test": f"datum.what == '{what}'", "value": path} for what, path in SIGNS.items()]
OTHER = "other"
MOST = 8
"""More categories than colours would not be told apart: the most frequent seven, and all others as one."""
_BENEATH = ("subject", "prompt", "model", "dataset")
_NAMED = 25
_GREY = "#7f7f7f"
_RING = "#d55e00"
_CARD = ("name", "what", "kind", "description", "family", "labels", "n", "model", "prompt", "template", "best")
_TITLES = {"what": "is a", "n": "made from", "best": "best forecast"}


def grouped(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Categories as the legend has them, and the legend: the most frequent first, and what does not fit as OTHER."""
    counts = values.value_counts()
    order = sorted(counts.index, key=lambda value: (-counts[value], value))
    if len(order) <= MOST:
        return values, order
    kept = order[: MOST - 1]
    return values.where(values.isin(kept), OTHER), list(dict.fromkeys([*kept, OTHER]))


def picture(rows: pd.DataFrame, colour: str, marked: pd.DataFrame | None = None) -> alt.LayerChart:
    """The points of a space on axes of one scale, to be moved and made larger with the mouse.

    Only the data differ between two pictures of other marks, so that a browser need not draw all points anew.

    Args:
        rows: of the query map_points.
        colour: family, kind or model; or what the column `score` holds, for a legend.
        marked: point, and `role`: 'chosen', or 'near' for its neighbours.
    """
    rows = rows.sort_values("what", key=lambda what: what.map(_BENEATH.index), kind="stable")
    by_category = colour in {"family", "kind", "model"}
    look = _categories(rows, colour) if by_category else _scores(rows, colour)
    card = [alt.Tooltip(f"{name}:N", title=_TITLES.get(name, name)) for name in _CARD]
    if not by_category:
        card.insert(1, alt.Tooltip("score:Q", title=colour, format=".3f"))
    many = 12 + 48 * min(1.0, 400 / len(rows))  # 5,000 points would hide one another
    sizes = alt.when(alt.datum.what == "dataset").then(alt.value(190))
    x, y = _axes(rows)
    points = (
        alt.Chart(rows)
        .mark_point(invalid="show", filled=True, strokeWidth=0, cursor="pointer")
        .encode(
            x=x,
            y=y,
            size=sizes.when("datum.what != 'subject'").then(alt.value(2 * many)).otherwise(alt.value(many)),
            tooltip=card,
            **look,
        )
        .add_params(
            alt.selection_point(name=PICKED, fields=["point"], on="click", clear="dblclick"),
            alt.selection_interval(name="moved", bind="scales"),
        )
    )
    datasets = rows[rows["what"] == "dataset"][["name", "point", "x", "y"]]
    names = alt.Chart(datasets if len(datasets) <= _NAMED else datasets.iloc[:0]).mark_text(
        dy=-13, fontSize=11, fontWeight="bold", limit=150, color=_GREY, aria=False
    )
    layers = [points, names.encode(x=x, y=y, text="name:N"), *_marks(rows, marked, x, y)]
    drawn: alt.LayerChart = alt.layer(*layers).properties(height=560).configure_legend(orient="top")
    return drawn


def _categories(rows: pd.DataFrame, colour: str) -> dict[str, Any]:
    """A colour and a shape for each category, which is put into the column `group`."""
    rows["group"], legend = grouped(rows[colour])
    key = alt.Legend(title=colour, columns=3, symbolSize=120)
    return {
        "color": alt.Color("group:N", scale=scale(legend), legend=key),
        "shape": alt.Shape("group:N", scale=_shapes(legend, colour), legend=key, condition=_OWN),
        "opacity": alt.value(0.85),
    }


def _scores(rows: pd.DataFrame, title: str) -> dict[str, Any]:
    """A colour for each score; grey where there is none, and no legend where nothing has one."""
    key = alt.Legend(title=title, gradientLength=240, titleLimit=320) if rows["score"].notna().any() else None
    without = {"test": "!isValid(datum.score)", "value": _GREY}
    plain = alt.when("datum.what == 'subject' && !isValid(datum.score)").then(alt.value(0.4))
    return {
        "color": alt.Color("score:Q", scale=alt.Scale(scheme=SEQUENTIAL), legend=key, condition=without),
        "shape": alt.ShapeValue("circle", condition=_OWN),
        "opacity": plain.otherwise(alt.value(0.95)),
    }


def _shapes(legend: list[str], colour: str) -> alt.Scale:
    """The legend shows datasets and prompts as they are drawn, where they are categories."""
    found = shapes(legend)
    if colour == "kind":
        found.range = [SIGNS.get(name, sign) for name, sign in zip(legend, found.range, strict=True)]
    return found


def _marks(rows: pd.DataFrame, marked: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Rings round the chosen point and its neighbours, with their names."""
    roles = pd.DataFrame({"point": [], "role": []}, dtype=str) if marked is None else marked[["point", "role"]]
    found = rows[["point", "name", "x", "y"]].merge(roles, on="point")
    width = alt.when(alt.datum.role == "chosen").then(alt.value(4)).otherwise(alt.value(1.8))
    size = alt.when(alt.datum.role == "chosen").then(alt.value(620)).otherwise(alt.value(340))
    ring = alt.Chart(found).mark_point(shape="circle", filled=False, color=_RING, opacity=1, tooltip=None, aria=False)
    text = alt.Chart(found).mark_text(dy=20, fontSize=12, fontWeight="bold", color=_RING, limit=220, aria=False)
    return [ring.encode(x=x, y=y, strokeWidth=width, size=size), text.encode(x=x, y=y, text="name:N")]


_MARGIN = 1.12
"""How much wider the picture is than what is in it."""


def _axes(rows: pd.DataFrame) -> tuple[alt.X, alt.Y]:
    """Axes on which one step is as long to the right as it is upwards, whatever the width; they say nothing else."""
    middle = {name: (rows[name].max() + rows[name].min()) / 2 for name in ("x", "y")}
    reach = {name: float((rows[name] - middle[name]).abs().max()) * _MARGIN or 1.0 for name in ("x", "y")}
    step = f"max({reach['x']} / width, {reach['y']} / height)"

    def axis(name: str, along: str) -> alt.Scale:
        half = f"{step} * {along}"
        ends = [alt.ExprRef(f"{middle[name]} - {half}"), alt.ExprRef(f"{middle[name]} + {half}")]
        return alt.Scale(domain=ends, zero=False, nice=False)

    return alt.X("x:Q", axis=None, scale=axis("x", "width")), alt.Y("y:Q", axis=None, scale=axis("y", "height"))
