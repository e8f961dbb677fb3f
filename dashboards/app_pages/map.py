"""Map: what is like what? Datasets, subjects, models and prompts as points in one picture."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import figures
from dashboards.charts.picture import MOST, PICKED, picture
from dashboards.figures import plain
from dashboards.published import Answer, Published

_COLOURS = ("family", "kind", "model", "forecast", "measured")
_SCORES = ("forecast", "measured")
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
    """The page."""
    st.title("Map")
    st.write("What is like what? Points that are near each other are alike in the space.")
    spaces = {row["space"]: row for row in release.ask("spaces").table.to_pylist() if row["points"]}
    if not spaces:
        figures.nothing(_NO_MAP)
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    names = {row["name"]: space for space, row in spaces.items()}
    space = names[left.selectbox("Space", list(names), key="space", bind="query-params")]
    colour = middle.selectbox("Colour", _COLOURS, key="colour", bind="query-params")
    means = right.toggle("Models and prompts too", key="show", bind="query-params")
    dataset = _dataset(release) if colour in _SCORES else None
    score = colour if dataset else None
    points = release.ask("map_points", space=space, means=int(means), score=score, dataset=dataset)
    known = points.table["point"].to_pylist()
    point = st.selectbox(
        "Point",
        known,
        index=None,
        key="entity",
        bind="query-params",
        placeholder="Choose one here, or click it below",
        on_change=_boxed,
    )
    nearest = _nearest(release, space, points, point)
    picture_key = f"picture-{st.session_state.get('boxed', 0)}"
    title = f"{colour} on {dataset}" if dataset else colour
    figures.chart(
        points,
        lambda rows: picture(rows, title, _marked(point, nearest)),
        about=f"{len(known)} points of the space {spaces[space]['name']}, coloured by {title}",
        empty=_NO_MAP,
        key=picture_key,
        picked=lambda: _picked(picture_key),
    )
    _caption(spaces[space], colour, means)
    _neighbours(point, nearest)


def _dataset(release: Published) -> str | None:
    datasets = release.ask("datasets").table["dataset"].to_pylist()
    chosen: str | None = st.selectbox("Scores on", datasets, key="dataset", bind="query-params")
    return chosen


def _picked(key: str) -> None:
    """A click on a point chooses it, as if by the box."""
    found = st.session_state[key]["selection"].get(PICKED)
    if found and found[0]["point"] != st.session_state.get("clicked"):
        st.session_state["entity"] = st.session_state["clicked"] = found[0]["point"]


def _boxed() -> None:
    """The box has the last word: a new picture holds no click, so that any point can be clicked next."""
    st.session_state["boxed"] = st.session_state.get("boxed", 0) + 1
    st.session_state["clicked"] = None


def _nearest(release: Published, space: str, points: Answer, point: str | None) -> Answer | None:
    if point is None:
        return None
    row = points.table.slice(points.table["point"].index(point).as_py(), 1).to_pylist()[0]
    return release.ask("map_nearest", space=space, kind=row["what"], name=row["name"], k=_NEAREST)


def _marked(point: str | None, nearest: Answer | None) -> pd.DataFrame | None:
    if point is None or nearest is None:
        return None
    near = nearest.table["point"].to_pylist()
    return pd.DataFrame({"point": [point, *near], "role": ["chosen"] + ["near"] * len(near)})


def _caption(space: dict[str, object], colour: str, means: bool) -> None:
    how = {"pca": "principal axes (PCA)", "umap": "UMAP, which keeps neighbours together"}
    layout = str(space["layout"] or "")
    trust = space["trustworthiness"]
    said = [
        ":material/star: datasets; smaller marks are subjects, one model with one prompt each."
        if not means
        else ":material/star: datasets, :material/hexagon: models, :material/chat_bubble: prompts; smaller marks are "
        "subjects, one model with one prompt each. Models and prompts lie at the mean place of their subjects.",
        f"Drawn by {how.get(layout, plain(layout))}." if layout else "",
        f"Trustworthiness {trust:.2f}: how far neighbours here are neighbours in the space, 1 at best."
        if trust is not None
        else "",
        "The axes have no meaning of their own, only nearness has.",
        "What is grey has no such score."
        if colour in _SCORES
        else f"Of more than {MOST} categories, the most frequent {MOST - 1} are told apart.",
        "Drag to move, scroll to zoom.",
    ]
    st.caption(" ".join(filter(None, said)))


def _neighbours(point: str | None, nearest: Answer | None) -> None:
    st.subheader("Nearest")
    if point is None or nearest is None:
        st.write("Choose a point to see what is nearest to it in the space; it is ringed in the picture.")
        return
    st.write(f"Nearest to **{plain(point)}** in the space itself, by cosine.")
    figures.table(
        nearest,
        _COLUMNS,
        empty="No neighbours are known of it. A model or prompt has none of its own: choose one of its subjects.",
    )


show(st.session_state["published"])
