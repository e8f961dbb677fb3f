"""Scores that are expected, with their intervals, as the answer of a completion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.process import Normal
from taskatlas.analyze.completion.scale import share

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Expected scores of one shape, with 90% intervals.

    Attributes:
        value: the score expected: as likely too high as too low.
        low: lower end of the interval.
        high: upper end.
    """

    value: Floats
    low: Floats
    high: Floats


def expected(odds: Normal, half_width: float, unit: float) -> Expected:
    """Return the scores of log-odds whose intervals reach so many standard deviations to either side.

    Args:
        odds: means and standard deviations of log-odds.
        half_width: see `conformal.half_width`.
        unit: what one share is in the unit of the scores.
    """
    reach = half_width * odds.sigma
    value, low, high = (unit * share(odds.mean + side * reach) for side in (0.0, -1.0, 1.0))
    return Expected(np.asarray(value), np.asarray(low), np.asarray(high))
