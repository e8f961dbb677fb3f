"""Learn how columns vary together from the cells themselves, beyond what kernels of features say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from taskatlas.analyze.completion.process import Cells, Prior, Process, condition

Floats = npt.NDArray[np.float64]
ROUNDS = 15
"""Of expectation and maximisation: twice as many as it takes for most of the gain."""


def learn(prior: Prior, cells: Cells, *, strength: float) -> Prior:
    """Return the prior with the covariance of a row's own part learnt by expectation and maximisation.

    The covariance has an inverse Wishart prior about the one given (Gelman et al. 2013, section 3.6; rows with holes:
    Little & Rubin 2019, section 11.2). What the rows share stays as it was given.

    Args:
        prior: whose `own` is the first guess, and what the learnt covariance is drawn to.
        cells: what was seen.
        strength: as many rows as the guess counts for, above 0.
    """
    learnt = prior
    for _ in range(ROUNDS):
        process = condition(learnt, cells)
        second = strength * prior.own + _second_moment(process)
        learnt = replace(learnt, own=second / (strength + len(process.blocks)))
    return learnt


def _second_moment(process: Process) -> Floats:
    """The sum over rows of the expected outer product of a row's own part with itself, float64 [C, C]."""
    own = process.prior.own
    total = np.zeros_like(own)
    for block in process.blocks.values():
        gain = solve_triangular(block.factor, own[block.columns], lower=True, check_finite=False)
        mean = gain.T @ process.residual[block.place]
        total += own + np.outer(mean, mean) - gain.T @ gain
    return total
