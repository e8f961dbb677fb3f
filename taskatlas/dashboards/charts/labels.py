"""Which names fit into a picture without one covering another."""

from __future__ import annotations

import numpy as np
import pandas as pd

WIDTH, HEIGHT = 820, 480
"""Pixels of a picture on a desk. On a telephone names are nearer to each other; a picture that is made larger has room
to spare."""
_CHARACTER, _LINE = 6.5, 14
"""Pixels of a name in bold type of 11 or 12."""


def legible(names: pd.DataFrame) -> pd.DataFrame:
    """The rows whose names are written: from above, each that covers none before it.

    Args:
        names: `name`; `left` and `top` of the middle of its text, in pixels; `limit` in pixels, beyond which it is cut.
    """
    kept: list[int] = []
    half = np.minimum(names["name"].str.len() * _CHARACTER, names["limit"]).to_numpy() / 2
    left, top = names["left"].to_numpy(), names["top"].to_numpy()
    for place in range(len(names)):
        beside = np.abs(left[kept] - left[place]) >= half[kept] + half[place]
        above = np.abs(top[kept] - top[place]) >= _LINE
        if np.all(beside | above):
            kept.append(place)
    return names.iloc[kept]
