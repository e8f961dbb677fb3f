"""Rank the sources for a target: by vectors alone, and by what they were worth for targets like it.

The second is a kernel regression (Nadaraya 1964, Watson 1964) over measured targets. It begins at the first: the order
by vectors counts as one more target, and is all there is where nothing was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError
from taskatlas.transfer.likeness import STRENGTH, combine, weigh
from taskatlas.transfer.measured import DECAY, Transfers, gains, mean_known

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What a forecast of transfers depends on.

    Attributes:
        width: how much less like a target has to be to count e times less, in standard deviations of the likeness.
        strength: as in `likeness.weigh`.
        own: what a source is worth in the setup itself, against its mean over setups, as a share.
        prior: what the order by vectors counts, against the dataset that is most like.
        decay: as in `measured.gains`.
    """

    width: float = 0.4
    strength: float = STRENGTH
    own: float = 0.3
    prior: float = 0.2
    decay: float = DECAY


SETTINGS = Settings()


def by_vectors(likeness: Floats, start: Floats, target: int) -> Floats:
    """Return the likeness of n sources and a target with their head start, higher is better: float64 [n], NaN for the
    target itself.

    Args:
        likeness: of all pairs, float64 [n, n].
        start: as `sides.head_start` gives it, float64 [n].
        target: its index.
    """
    guess = likeness[target] + start
    guess[target] = np.nan
    return np.asarray(guess, np.float64)


def mean_elsewhere(transfers: Transfers, target: int) -> Floats:
    """Return the mean relative change that each source brought other targets, per setup: float64 [S, n].

    A source of which nothing is known elsewhere gets the mean of the others.
    """
    change = transfers.without(target).change
    means = np.stack([mean_known(of_setup) for of_setup in change])
    level = np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else 0.0 for row in means])
    return np.where(np.isfinite(means), means, level[:, None])


def forecast_gains(
    sides: Floats, start: Floats, transfers: Transfers, target: int, settings: Settings = SETTINGS
) -> Floats:
    """Forecast what sources are worth for a target in every setup, on the scale of `gains`.

    Nothing that was measured with the target is used, neither as a target nor as a source.

    Args:
        sides: similarities of all pairs of datasets, float64 [m, n, n], as `sides.sides_of` gives them.
        start: as `sides.head_start` gives it, float64 [n].
        transfers: what was measured between the n datasets.
        target: its index.
        settings: see there.

    Returns:
        float64 [S, n], NaN for the target itself.

    Raises:
        InputError: sides or head starts of another number of datasets.
    """
    n = len(transfers.datasets)
    if sides.ndim != 3 or sides.shape[1:] != (n, n) or start.shape != (n,):
        raise InputError(
            f"similarities {list(sides.shape)} and head starts {list(start.shape)} do not fit {n} datasets"
        )
    known = transfers.without(target)
    likeness = combine(sides, weigh(sides, known, settings.strength))
    prior = gains(by_vectors(likeness, start, target), settings.decay)
    weights = _weights(likeness, known, target, settings.width)
    worth = gains(known.change, settings.decay)
    everywhere = mean_known(worth)
    return np.stack([_mean(_mixed(one, everywhere, settings.own), weights, prior, settings.prior) for one in worth])


def _weights(likeness: Floats, known: Transfers, target: int, width: float) -> Floats:
    """What each dataset counts as a target like this one, float64 [n].

    It is 1 for the one that is most like, measured or not, so that few targets that are unlike do not count for more
    than they tell.
    """
    others = np.arange(len(likeness)) != target
    deviation = likeness[~np.eye(len(likeness), dtype=bool)].std()
    near = np.exp((likeness[target] - likeness[target, others].max()) / max(width * deviation, 1e-12))
    weights = np.zeros(len(likeness))
    weights[known.targets] = near[known.targets]
    return weights


def _mixed(of_setup: Floats, everywhere: Floats, own: float) -> Floats:
    """What sources are worth in a setup and over all [n, n], the one instead of the other where it is unknown."""
    return np.where(np.isfinite(of_setup), own * of_setup + (1.0 - own) * everywhere, everywhere)


def _mean(worth: Floats, weights: Floats, prior: Floats, counts: float) -> Floats:
    """The weighted mean of what sources are worth [n, n] over targets, and of the prior [n]."""
    measured = np.isfinite(worth)
    total = weights @ np.where(measured, worth, 0.0) + counts * prior
    return np.asarray(total / (weights @ measured + counts), np.float64)
