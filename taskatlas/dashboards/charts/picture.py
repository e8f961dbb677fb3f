"""Draw the picture of a space: datasets and subjects as points, near where they are alike."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from taskatlas.dashboards.charts.labels import HEIGHT, WIDTH, legible
from taskatlas.dashboards.charts.scales import SEQUENTIAL, scale, shapes

PICKED = "picked"
"""Name of the selection that a click makes; it holds the column `point`."""
SIGNS = {
    "dataset": "M0,-1.3L.31,-.42L1.24,-.4L.5,.16L.76,1.05L0,.52L-.76,1.05L-.5,.16L-1.24,-.4L-.31,-.42Z",
    "model": "M0,-1L.87,-.5V.5L0,1L-.87,.5V-.5Z",
    "prompt": "M-1,-.8H1V.45H-.1L-.6,1V.45H-1Z",
}
"""Shapes of their own: a star, a hexagon, a bubble. A subject has the shape of its category."""
OTHER = "other"
MOST = 8
"""More categories than colours would not be told apart: the most frequent seven, and all others as one."""
_BENEATH = ("subject", "prompt", "model", "dataset")
_GREY = "#7f7f7f"
_RING = "#d55e00"
_OF_RINGED, _OF_DATASETS = {"below": 20, "limit": 220}, {"below": -13, "limit": 150}
"""How far below its point a name stands, and beyond which length it is cut, in pixels."""
_SIDES, _ENDS = 110, 50
"""Pixels that are left at both sides together, for names, and above and below."""
_CARD = {
    "name": "name",
    "what": "is a",
    "kind": "kind",
    "description": "description",
    "family": "family",
    "labels": "labels",
    "n": "made from",
    "model": "model",
    "prompt": "prompt",
    "template": "template",
    "best": "best forecast",
}
"""Columns on the card of a point, and their names there."""
_CHANNELS = ("size", "shape", "color", "opacity", "tooltip")
"""Channels that are columns of the data: the browser computes every channel of every point anew for each frame, and for
thousands of points an expression would be slow."""
_DESCRIBED = 1_000
"""More points than these are not described one by one to those who hear the page: that would slow everybody down."""


def group_categories(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return categories as the legend has them, and the legend: the most frequent first, and the rest as OTHER."""
    counts = values.value_counts()
    order = sorted(counts.index, key=lambda value: (-counts[value], value))
    if len(order) <= MOST:
        return values, order
    frequent = order[: MOST - 1]
    return values.where(values.isin(frequent), OTHER), list(dict.fromkeys([*frequent, OTHER]))


def picture(rows: pd.DataFrame, colour: str, marked: pd.DataFrame | None = None) -> alt.LayerChart:
    """Draw the points of a space on axes of one scale, to be moved and zoomed with the mouse.

    Two pictures with other marks differ in their data alone, so that a browser need not draw all points anew.

    Args:
        rows: of the query map_points.
        colour: family, kind or model; or the title of the column `score`.
        marked: `point` and `role` of points with a ring: 'selected', or 'near' for its neighbours.
    """
    by_category = colour in {"family", "kind", "model"}
    order = _BENEATH if by_category else _BENEATH[1:] + _BENEATH[:1]  # of scores, subjects hold the colours
    rows = rows.sort_values("what", key=lambda what: what.map(order.index), kind="stable")
    rows = _prepared(rows, None if by_category else colour)
    legend = [_categories(rows, colour)] if by_category else []
    colours = {} if by_category else _scores(rows, colour)
    x, y = _axes(rows)
    channels: dict[str, Any] = {channel: alt.ExprRef(f"datum.{channel}") for channel in _CHANNELS}
    points = (
        alt.Chart(rows[["point", "x", "y", *_CHANNELS, "spoken", *([] if by_category else ["shade", "scored"])]])
        .mark_point(**channels, filled=True, strokeWidth=0, cursor="pointer", aria=len(rows) <= _DESCRIBED)
        .encode(x=x, y=y, description="spoken:N", **colours)
        .add_params(
            alt.selection_point(name=PICKED, fields=["point"], on="click", clear="dblclick"),
            alt.selection_interval(name="moved", bind="scales"),
        )
    )
    layers = [points, *_marks(rows, marked, x, y), *legend]
    finished: alt.LayerChart = alt.layer(*layers).properties(height=560).configure_legend(orient="top")
    return finished


def _prepared(rows: pd.DataFrame, colour: str | None) -> pd.DataFrame:
    """Return the rows with their channels, their card, and what a screen reader speaks; a score is on the card as
    `colour`."""
    many = 12 + 48 * min(1.0, 400 / len(rows))  # 5,000 points would hide one another
    sizes = {"dataset": 190.0, "subject": many}
    cards = rows[list(_CARD)].rename(columns=_CARD)
    if colour:
        cards.insert(1, colour, rows["score"].map("{:.3f}".format).where(rows["score"].notna()))
    return rows.assign(
        size=rows["what"].map(lambda what: sizes.get(what, 2 * many)),
        shape=rows["what"].map(lambda what: SIGNS.get(what, "circle")),
        color=_GREY,
        opacity=0.85,
        spoken=rows["what"] + " " + rows["name"],
        tooltip=[{name: value for name, value in row.items() if pd.notna(value)} for row in cards.to_dict("records")],
    )


def _categories(rows: pd.DataFrame, colour: str) -> alt.Chart:
    """Set the columns color and shape by category, and return the legend, which is a layer of its own."""
    group, legend = group_categories(rows[colour])
    colours, signs = scale(legend), _shapes(legend, colour)
    rows["color"] = group.map(dict(zip(legend, colours.range, strict=True)))
    own_shapes = rows["shape"].where(rows["what"] != "subject")
    rows["shape"] = own_shapes.fillna(group.map(dict(zip(legend, signs.range, strict=True))))
    key = alt.Legend(title=colour, columns=3, symbolSize=120, symbolOpacity=1)
    entries = alt.Chart(pd.DataFrame({"group": legend})).mark_point(filled=True, opacity=0, tooltip=None, aria=False)
    chart: alt.Chart = entries.encode(
        color=alt.Color("group:N", scale=colours, legend=key), shape=alt.Shape("group:N", scale=signs, legend=key)
    )
    return chart


def _scores(rows: pd.DataFrame, title: str) -> dict[str, Any]:
    """Set the columns of scores, and return their colour: grey without a score, and no legend where there is none."""
    rows["scored"] = rows["score"].notna()
    rows["shade"] = rows["score"].fillna(rows["score"].min()).fillna(0.0)  # nulls would be tested anew for each frame
    rows["opacity"] = 0.95 - 0.55 * ((rows["what"] == "subject") & ~rows["scored"])
    key = alt.Legend(title=title, gradientLength=240, titleLimit=320) if rows["scored"].any() else None
    without = {"test": "!datum.scored", "value": _GREY}
    return {"color": alt.Color("shade:Q", scale=alt.Scale(scheme=SEQUENTIAL), legend=key, condition=without)}


def _shapes(legend: list[str], colour: str) -> alt.Scale:
    """Return the shapes of a legend, with those of datasets and prompts where these are categories."""
    scale_of_shapes = shapes(legend)
    if colour == "kind":
        scale_of_shapes.range = [
            SIGNS.get(name, sign) for name, sign in zip(legend, scale_of_shapes.range, strict=True)
        ]
    return scale_of_shapes


def _marks(rows: pd.DataFrame, marked: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Draw rings round the selected point and its neighbours, with their names, and the names of datasets."""
    roles = pd.DataFrame({"point": [], "role": []}, dtype=str) if marked is None else marked[["point", "role"]]
    ringed = roles.merge(rows[["point", "name", "what", "x", "y"]], on="point")
    width = alt.when(alt.datum.role == "selected").then(alt.value(4)).otherwise(alt.value(1.8))
    size = alt.when(alt.datum.role == "selected").then(alt.value(620)).otherwise(alt.value(340))
    ring = alt.Chart(ringed).mark_point(shape="circle", filled=False, color=_RING, opacity=1, tooltip=None, aria=False)
    return [ring.encode(x=x, y=y, strokeWidth=width, size=size), *_names(rows, ringed, x, y)]


def _names(rows: pd.DataFrame, ringed: pd.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Draw the names of points with a ring, and of the other datasets. Names that would cover others are left
    out; those of the selected point and its nearest come before the rest."""
    datasets = rows[(rows["what"] == "dataset") & ~rows["point"].isin(ringed["point"])]
    names = pd.concat([ringed.assign(**_OF_RINGED), datasets.assign(**_OF_DATASETS)])
    _, reach = _extent(rows)
    step = max(2 * reach["x"] / (WIDTH - _SIDES), 2 * reach["y"] / (HEIGHT - _ENDS))
    written = legible(names.assign(left=names["x"] / step, top=names["below"] - names["y"] / step))
    return [
        alt.Chart(written.loc[written["below"] == of["below"], ["name", "x", "y"]])
        .mark_text(dy=of["below"], fontSize=11, fontWeight="bold", limit=of["limit"], color=_GREY, aria=False)
        .encode(x=x, y=y, text="name:N")
        for of in (_OF_RINGED, _OF_DATASETS)
    ]


def _extent(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, float]]:
    """Return the middle of the picture, and how far it reaches from there, by axis."""
    middle = {name: float(rows[name].max() + rows[name].min()) / 2 for name in ("x", "y")}
    return middle, {name: float((rows[name] - middle[name]).abs().max()) or 1.0 for name in ("x", "y")}


def _axes(rows: pd.DataFrame) -> tuple[alt.X, alt.Y]:
    """Return axes without marks on which one unit is as long to the right as it is upwards, whatever the width."""
    middle, reach = _extent(rows)
    step = f"max({reach['x']} / max(width - {_SIDES}, {_SIDES}), {reach['y']} / (height - {_ENDS}))"

    def axis(name: str, along: str) -> alt.Scale:
        half = f"{step} * {along}"
        ends = [alt.ExprRef(f"{middle[name]} - {half}"), alt.ExprRef(f"{middle[name]} + {half}")]
        return alt.Scale(domain=ends, zero=False, nice=False)

    return alt.X("x:Q", axis=None, scale=axis("x", "width")), alt.Y("y:Q", axis=None, scale=axis("y", "height"))
