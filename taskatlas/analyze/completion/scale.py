"""The scale on which known scores are compared: log-odds, in which every dataset has its own centre and spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
CLIP = 0.01
"""Shares nearer to 0 or 1 than this are as good as there: their log-odds would say how large the test split is."""
PRIOR_SCORES = 4.0
"""A dataset's spread counts as much as the usual one after so many scores."""
SMALLEST = 1e-3
"""No spread is smaller, in log-odds: scores of a constant dataset differ by less than anybody measures."""
FARTHEST = 4.0
"""Standard scores farther out count as this far: one broken run is not to decide."""


@dataclass(frozen=True)
class Scale:
    """Centre and spread of the log-odds of D datasets.

    Attributes:
        centre: mean log-odds of the known scores; of a dataset without any, the mean over datasets; float64 [D].
        spread: their standard deviation, shrunk to the usual one; float64 [D].
    """

    centre: Floats
    spread: Floats

    def standard(self, shares: Floats) -> Floats:
        """Return shares [..., D] as standard scores, NaN where they are."""
        return np.clip((log_odds(shares) - self.centre) / self.spread, -FARTHEST, FARTHEST)

    def shares(self, standard: Floats) -> Floats:
        """Return standard scores [..., D] as shares."""
        return share(self.centre + self.spread * standard)


def as_shares(scores: npt.ArrayLike) -> tuple[Floats, float]:
    """Return a matrix of scores as shares of 1, and what one share is in the unit of the scores: 1 or 100.

    Args:
        scores: of S subjects on D datasets, all shares or all percentages, float [S, D]; NaN where none is known.

    Raises:
        InputError: no matrix, no score that is known, a score below 0, above 100 or infinite, or percentages mixed
            with shares.
    """
    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or np.isnan(values).all():
        raise InputError(f"scores of shape {list(values.shape)} are no matrix in which some score is known")
    known = values[~np.isnan(values)]
    if not np.isfinite(known).all() or known.min() < 0 or known.max() > 100:
        raise InputError("a score is below 0, above 100 or infinite", todo="give shares of 1, or percentages")
    if known.max() <= 1:
        return values, 1.0
    if ((known > 0) & (known <= 1)).any():
        raise InputError(
            f"percentages are mixed with shares: one score is {known.max():g}, another {known[known > 0].min():g}",
            todo="divide the percentages by 100",
        )
    return values / 100.0, 100.0


def scale_of(shares: Floats) -> Scale:
    """Return the scale of shares [S, D]; NaN where none is known.

    The variance of a dataset with few scores is drawn to the median one, as by a scaled inverse chi-squared prior.
    """
    odds = log_odds(shares)
    count = np.isfinite(odds).sum(axis=0)
    total = np.nansum(odds, axis=0)
    own = total / np.maximum(count, 1)
    centre = np.where(count > 0, own, own[count > 0].mean())
    squares = np.nansum((odds - centre) ** 2, axis=0)
    several = count >= 3
    usual = float(np.median(squares[several] / (count[several] - 1))) if several.any() else 0.25
    usual = max(usual, SMALLEST**2)
    variance = (squares + PRIOR_SCORES * usual) / (np.maximum(count - 1, 0) + PRIOR_SCORES)
    return Scale(centre, np.maximum(np.sqrt(variance), SMALLEST))


def log_odds(shares: Floats) -> Floats:
    """Return the log-odds of shares of any shape, clipped; NaN stays."""
    inside = np.clip(shares, CLIP, 1.0 - CLIP)
    odds: Floats = np.log(inside / (1.0 - inside))
    return odds


def share(odds: Floats) -> Floats:
    """Return the shares of log-odds of any shape."""
    shares: Floats = 1.0 / (1.0 + np.exp(-odds))
    return shares
