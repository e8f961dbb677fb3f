"""Map: what is like what? Datasets, subjects, models and prompts as points in one picture."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.caption import SCORES, caption
from taskatlas.dashboards.charts.picture import PICKED, picture
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, QueryResult

_COLOURS = ("family", "kind", "model", *SCORES)
_NEAREST = 5
_COLUMNS = {
    "kind": "Kind",
    "rank": st.column_config.NumberColumn("#", width="small"),
    "neighbor": "Neighbour",
    "similarity": st.column_config.NumberColumn("Cosine", format="%.2f"),
}
_NO_MAP = (
    "No map is drawn in this release: it holds no vectors, or it was published by an older version. "
    "`taskatlas run` with this version draws the map."
)


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Map")
    st.write("What is like what? Points that are near each other are alike in the space.")
    spaces = {row["space"]: row for row in release.query("spaces").table.to_pylist() if row["points"]}
    if not spaces:
        figures.show_empty(_NO_MAP)
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    names = {row["name"]: space for space, row in spaces.items()}
    space = names[box("Method", list(names), "space", container=left)]
    colour = middle.selectbox("Colour", _COLOURS, key="colour", bind="query-params")
    means = right.toggle("Models and prompts too", key="show", bind="query-params")
    dataset = _dataset(release) if colour in SCORES else None
    score = colour if dataset else None
    points = release.query("map_points", space=space, means=int(means), score=score, dataset=dataset)
    options = points.table["point"].to_pylist()
    point = st.selectbox(
        "Point",
        options,
        index=None,
        key="entity",
        bind="query-params",
        placeholder="Choose one here, or click it below",
        on_change=_use_box,
    )
    nearest = _nearest(release, space, points, point)
    picture_key = f"picture-{st.session_state.get('boxed', 0)}"
    title = _title(points, colour, dataset)
    figures.chart(
        points,
        lambda rows: picture(rows, title, _marked(point, nearest)),
        about=f"{len(options)} points by {spaces[space]['name']}, coloured by {title}",
        empty=_NO_MAP,
        key=picture_key,
        on_pick=lambda: _pick(picture_key),
    )
    st.caption(caption(points.table, spaces[space], colour, means=means))
    _neighbours(point, nearest)


def _dataset(release: Published) -> str | None:
    datasets = release.query("datasets").table["dataset"].to_pylist()
    return box("Scores on", datasets, "dataset") if datasets else None


def _title(points: QueryResult, colour: str, dataset: str | None) -> str:
    """Return what the colours stand for, with the metric of scores."""
    if dataset is None:
        return colour
    metrics = [metric for metric in points.table["metric"].to_pylist() if metric]
    if not metrics:
        figures.show_empty(f"No subject is {colour} on {escape(dataset)}, so every point is grey.")
        return colour
    return f"{colour} {metrics[0]} on {dataset}"


def _pick(key: str) -> None:
    """Let a click on a point choose it, as the box does."""
    points = st.session_state[key]["selection"].get(PICKED)
    if points and points[0]["point"] != st.session_state.get("clicked"):
        st.session_state["entity"] = st.session_state["clicked"] = points[0]["point"]


def _use_box() -> None:
    """Let the box have the last word: a new picture holds no click, so that any point can be clicked next."""
    st.session_state["boxed"] = st.session_state.get("boxed", 0) + 1
    st.session_state["clicked"] = None


def _nearest(release: Published, space: str, points: QueryResult, point: str | None) -> QueryResult | None:
    if point is None:
        return None
    row = points.table.slice(points.table["point"].index(point).as_py(), 1).to_pylist()[0]
    return release.query("map_nearest", space=space, kind=row["what"], name=row["name"], k=_NEAREST)


def _marked(point: str | None, nearest: QueryResult | None) -> pd.DataFrame | None:
    if point is None or nearest is None:
        return None
    near = nearest.table["point"].to_pylist()
    return pd.DataFrame({"point": [point, *near], "role": ["selected"] + ["near"] * len(near)})


def _neighbours(point: str | None, nearest: QueryResult | None) -> None:
    st.subheader("Nearest")
    if point is None or nearest is None:
        st.write("Choose a point to see what is nearest to it in the space; it is ringed in the picture.")
        return
    st.write(f"Nearest to **{escape(point)}** in the space itself, by cosine.")
    figures.table(
        nearest,
        _COLUMNS,
        empty="No neighbours are known of it. A model or prompt has none of its own: choose one of its subjects.",
    )


show(st.session_state["published"])
