"""Write the caption of a picture of a space: how it was drawn, how far to trust it, and what its marks are."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from taskatlas.dashboards.charts.picture import MOST
from taskatlas.dashboards.figures import escape

SCORES = ("forecast", "measured")
"""Colours that stand for a score."""
_LAYOUTS = {"pca": "principal axes (PCA)", "umap": "UMAP, which keeps neighbours together"}


def caption(points: pa.Table, space: Mapping[str, object], colour: str, *, means: bool) -> str:
    """Write the caption as Markdown.

    Args:
        points: rows of the query map_points.
        space: the row of the query spaces.
        colour: a column of the points, or one of SCORES.
        means: whether models and prompts are drawn, at the mean position of their subjects.
    """
    layout, trust = str(space["layout"] or ""), space["trustworthiness"]
    sentences = [
        ":material/star: datasets, :material/hexagon: models, :material/chat_bubble: prompts; smaller marks are "
        "subjects, one model with one prompt each. Models and prompts lie at the mean position of their subjects."
        if means
        else ":material/star: datasets; smaller marks are subjects, one model with one prompt each.",
        f"Drawn by {_LAYOUTS.get(layout, escape(layout))}." if layout else "",
        ""
        if trust is None
        else f"Trustworthiness {trust:.2f}: how far neighbours here are neighbours in the space, 1 at best.",
        "The axes have no meaning of their own, only nearness has.",
        _colours(points, colour),
        "Drag to move, scroll to zoom.",
    ]
    return " ".join(filter(None, sentences))


def _colours(points: pa.Table, colour: str) -> str:
    if colour in SCORES:
        return "What is grey has no such score."
    many = len(points[colour].unique()) > MOST
    note = f"The most frequent {MOST - 1} of many are told apart." if many else ""
    return f"A subject of several families has the colour of its first. {note}" if colour == "family" else note
