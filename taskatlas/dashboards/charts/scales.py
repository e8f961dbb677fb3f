"""The scales that charts share: colours and shapes that colour-blind people can tell apart."""

from __future__ import annotations

from typing import Final

import altair as alt

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8f7f00", "#7f7f7f")
"""Okabe and Ito (2008), the yellow darkened to be seen on white, and grey."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
NUMBERS = alt.Axis(labelFlush=False, tickCount=8)
"""The axis of scores, from left to right: few ticks, and each number beneath its line."""
DIVERGING: Final = "blueorange"
SEQUENTIAL: Final = "viridis"
"""Vega's names of scales that keep their order in greys."""


def scale(domain: list[str]) -> alt.Scale:
    """Return colours of categories, equal for equal lists; after eight they begin again, so shapes go with them."""
    return alt.Scale(domain=domain, range=[COLOURS[index % len(COLOURS)] for index in range(len(domain))])


def shapes(domain: list[str]) -> alt.Scale:
    """Return shapes of categories: eight with the first round of colours, then shifted by one with each round."""
    shifted = [SHAPES[(index + index // len(SHAPES)) % len(SHAPES)] for index in range(len(domain))]
    return alt.Scale(domain=domain, range=shifted)
