"""The sides from which datasets are compared as sources, and what of a source counts whatever the target is.

Two datasets are alike by what their inputs are about, the mean of φ (TextEmb, Vu et al. 2020, arXiv 2005.00770), and by
what is answered, the mean of all layers over output texts. Whatever the target, a source teaches more that is broad,
its texts lying far apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.embed.method import unit
from taskatlas.errors import InputError
from taskatlas.transfer.likeness import centred_cosines

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
BREADTH = 0.2
"""Likeness that a source is worth more for each standard deviation of breadth."""


class Seen(NamedTuple):
    """A dataset in the surrogate.

    Attributes:
        inputs: φ of its texts, float32 [n, d]; the mean of its parts' where a text is read in parts.
        outputs: features of its m output texts, float32 [m, L, d].
        shares: how often each of them is the label, [m], of sum 1.
    """

    inputs: Array
    outputs: Array
    shares: npt.NDArray[np.floating]


def sides_of(datasets: Sequence[Seen]) -> Floats:
    """Return how alike N datasets are by their inputs and by their outputs, float64 [2, N, N].

    Raises:
        InputError: fewer than three datasets: two, seen from their mean, are always opposite.
    """
    if len(datasets) < 3:
        raise InputError(f"{len(datasets)} datasets cannot be compared", todo="give three or more")
    about = [seen.inputs.mean(axis=0, dtype=np.float64) for seen in datasets]
    answered = [np.tensordot(seen.shares, unit(seen.outputs), axes=1).ravel() for seen in datasets]
    return np.stack([centred_cosines(about), centred_cosines(answered)])


def head_start(datasets: Sequence[Seen]) -> Floats:
    """Return what N datasets are worth as a source whatever the target, in likeness: float64 [N]."""
    spread = np.array([seen.inputs.var(axis=0, dtype=np.float64).sum() for seen in datasets])
    if np.ptp(spread) < 1e-12:
        return np.zeros(len(spread))
    started: Floats = BREADTH * (spread - spread.mean()) / spread.std()
    return started
