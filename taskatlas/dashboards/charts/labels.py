"""Choose the names that fit into a picture without one covering another."""

from __future__ import annotations

import numpy as np
import pandas as pd

WIDTH, HEIGHT = 820, 480
"""Pixels of a picture on a desk. On a telephone names are nearer to each other; a picture that is made larger has room
to spare."""
_CHARACTER, _LINE = 6.5, 14
"""Pixels of a name in bold type of 11 or 12."""


def legible(names: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose names are written: from the first on, each that covers none before it.

    Args:
        names: `name`; `left` and `top` of the middle of its text, in pixels; `limit` in pixels, beyond which it is cut.
    """
    written: list[int] = []
    half = np.minimum(names["name"].str.len() * _CHARACTER, names["limit"]).to_numpy() / 2
    left, top = names["left"].to_numpy(), names["top"].to_numpy()
    for index in range(len(names)):
        beside = np.abs(left[written] - left[index]) >= half[written] + half[index]
        above = np.abs(top[written] - top[index]) >= _LINE
        if np.all(beside | above):
            written.append(index)
    return names.iloc[written]
