"""Measured transfers: how much better a model gets at a target after it has learnt a source dataset first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
DECAY = 1.5
"""How much the best source is worth more than the second, the second more than the third, and so on."""


class Transfer(NamedTuple):
    """One measurement.

    Attributes:
        target: the dataset that the model is measured on.
        source: the dataset that it has learnt first.
        setup: the model and how it was trained.
        change: relative change of the score on the target, against the model that has not learnt the source.
    """

    target: str
    source: str
    setup: str
    change: float


@dataclass(frozen=True)
class Transfers:
    """All that was measured between n datasets in S setups.

    Attributes:
        datasets: the n names.
        setups: the S names.
        change: setup × target × source, float64 [S, n, n]; NaN where nothing was measured.
    """

    datasets: tuple[str, ...]
    setups: tuple[str, ...]
    change: Floats

    @property
    def targets(self) -> list[int]:
        """Indices of the datasets that were a target of two sources or more, in some setup."""
        known = np.isfinite(self.change).sum(axis=2).max(axis=0, initial=0)
        return [int(index) for index in np.flatnonzero(known >= 2)]

    def without(self, dataset: int) -> Transfers:
        """Return them without what was measured with this dataset as a target or as a source."""
        change = self.change.copy()
        change[:, dataset, :] = np.nan
        change[:, :, dataset] = np.nan
        return replace(self, change=change)


def gather(rows: Sequence[Transfer], datasets: Collection[str] = ()) -> Transfers:
    """Put measurements in a table; what a dataset does for itself is left out.

    Args:
        rows: in any order; some pairs may be missing.
        datasets: names that are to be there, too, though nothing was measured with them.

    Raises:
        InputError: nothing was measured, a change is not finite, or one pair was measured twice in a setup.
    """
    if not rows:
        raise InputError("no transfer was measured", todo="give rows of target, source, setup and relative change")
    names = tuple(sorted({*datasets, *(name for row in rows for name in (row.target, row.source))}))
    setups = tuple(sorted({row.setup for row in rows}))
    place = {name: index for index, name in enumerate(names)}
    change = np.full((len(setups), len(names), len(names)), np.nan)
    for row in rows:
        if row.source == row.target:
            continue
        cell = (setups.index(row.setup), place[row.target], place[row.source])
        where = f"{row.target} after {row.source}, {row.setup}"
        if not np.isfinite(row.change):
            raise InputError(f"the relative change {row.change} is not a finite number", where=where)
        if np.isfinite(change[cell]):
            raise InputError("it was measured twice", where=where, todo="keep one row of it, or their mean")
        change[cell] = row.change
    return Transfers(names, setups, change)


def gains(change: Floats, decay: float = DECAY) -> Floats:
    """Return what each source is worth for its target: decay^−rank, 1 for the best; NaN stays.

    Ranks and not changes, because a target with much room would drown the others, and steep, because what is chosen
    are the first few; the order of the others does not matter.

    >>> gains(np.array([0.1, np.nan, 0.3, -0.2]), decay=2.0).tolist()
    [0.5, nan, 1.0, 0.25]

    Args:
        change: float64 [..., n], sources along the last axis; sources with equal changes share the mean of their
            ranks.
        decay: above 1.
    """
    from scipy.stats import rankdata

    ranks = rankdata(-change, axis=-1, nan_policy="omit") - 1.0
    return np.asarray(decay**-ranks, np.float64)


def mean_known(values: Floats) -> Floats:
    """Return the mean along the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
