"""Compare candidates on the texts that both answered: a difference of scores with its 90% interval.

What two candidates get right together says nothing of which is better, so the interval of their difference is narrower
than their own intervals lead one to think.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import NORMAL_90

SHARED = 0.5
"""Two candidates are paired where they share at least this much of the texts of the one that answered fewer."""


class Differences(NamedTuple):
    """Score of the row's candidate less that of the column's, for all pairs of P: float64 [P, P].

    NaN where one of them answered nothing.

    Attributes:
        low: lower ends of the 90% intervals.
        high: upper ends.
    """

    low: Floats
    high: Floats


def differences(merits: Floats) -> Differences:
    """Return the intervals of all differences.

    Where two candidates share texts, the interval is the adjusted Wald one for paired proportions (Bonett & Price 2012,
    Journal of Educational and Behavioral Statistics 37(4)): as if on two further texts each had been right once
    where the other was not. So it has a width where the two never differ, too. Where they share too few, their
    own intervals, adjusted alike (Agresti & Caffo 2000, The American Statistician 54(4)), are added.

    Args:
        merits: what each of n texts adds to the score of each of P candidates, float64 [P, n]; NaN where it gave no
            answer.
    """
    there = (~np.isnan(merits)).astype(np.float64)
    known = np.nan_to_num(merits)
    shared = there @ there.T
    sums, squares = known @ there.T, known**2 @ there.T
    paired = _interval(sums - sums.T, squares + squares.T - 2 * known @ known.T + 2, shared + 2)
    answered = np.diag(shared)
    mean, variance = _alone(np.diag(sums), np.diag(squares), answered)
    apart = mean[:, None] - mean[None, :], variance[:, None] + variance[None, :]
    alone = apart[0] - NORMAL_90 * np.sqrt(apart[1]), apart[0] + NORMAL_90 * np.sqrt(apart[1])
    is_paired = shared >= np.maximum(SHARED * np.minimum(answered[:, None], answered[None, :]), 1)
    silent = (answered[:, None] == 0) | (answered[None, :] == 0)
    low, high = (np.where(silent, np.nan, np.where(is_paired, *ends)) for ends in zip(paired, alone, strict=True))
    return Differences(low, high)


def _interval(total: Floats, squares: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Ends of the 90% interval of a mean, from the sum, the sum of squares and the number."""
    mean = total / n
    half = NORMAL_90 * np.sqrt(np.maximum(squares / n - mean**2, 0.0) / n)
    return mean - half, mean + half


def _alone(total: Floats, squares: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Mean of each candidate and its sampling variance, as if one more text were right and one more wrong."""
    mean = (total + 1) / (n + 2)
    return mean, np.maximum((squares + 1) / (n + 2) - mean**2, 0.0) / (n + 2)
