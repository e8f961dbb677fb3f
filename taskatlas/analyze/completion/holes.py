"""Fill the holes of a matrix of scores: what a subject would reach on a dataset that others were measured on.

A dataset is a row of the process, the subjects are its columns: how subjects vary together is learnt from all datasets.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.about import About
from taskatlas.analyze.completion.conformal import half_width
from taskatlas.analyze.completion.expected import Expected, expected
from taskatlas.analyze.completion.learned import learn
from taskatlas.analyze.completion.process import Normal, cells_of, condition, predict
from taskatlas.analyze.completion.scale import as_shares, log_odds, scale_of
from taskatlas.analyze.completion.variances import Variances, fit_variances, kernels, prior

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
STRENGTH = 10.0
"""Datasets that the first guess of how subjects vary together counts for."""
FOLDS = 10
"""A tenth of the known cells is left out at once, to see how far off the others are."""
ENOUGH = 200
"""Errors on cells that were left out, from which the width of intervals is known well."""


def fill(scores: npt.ArrayLike, known: About, *, seed: int = 0) -> Expected:
    """Expect the scores that are not known, float64 [S, D] each; a score that is known stands as it is.

    Intervals are calibrated on known cells that are left out in turn (split conformal prediction). Of a dataset
    without any score, `unseen.forecast` says more.

    Args:
        scores: of S subjects on D datasets, all shares or all percentages, float [S, D]; NaN where none is known.
        known: what is known of them besides.
        seed: of which cells are left out.

    Raises:
        InputError: as `scale.as_shares` does.
    """
    shares, unit = as_shares(scores)
    variances = _variances(shares, known)
    errors, sigmas = [np.empty(0)], [np.empty(0)]
    for out in _left_out(np.isfinite(shares), seed):
        odds = _odds(np.where(out, np.nan, shares), known, variances)
        errors.append((odds.mean - log_odds(shares))[out])
        sigmas.append(odds.sigma[out])
    each = np.concatenate(errors)
    width = half_width(each, np.concatenate(sigmas), np.arange(len(each)))
    filled = expected(_odds(shares, known, variances), width, unit)
    there = np.isfinite(shares)
    value, low, high = (np.where(there, unit * shares, each) for each in (filled.value, filled.low, filled.high))
    return Expected(value, low, high)


def _odds(shares: Floats, known: About, variances: Variances) -> Normal:
    """The log-odds of all cells, float64 [S, D] each."""
    scale = scale_of(shares)
    cells = cells_of(scale.standard(shares).T)
    first = prior(variances, kernels(known.subjects, known.one_of_datasets()))
    process = condition(learn(first, cells, strength=STRENGTH), cells)
    standard = predict(process, np.arange(shares.shape[1]))
    return Normal(scale.centre + scale.spread * standard.mean.T, scale.spread * standard.sigma.T)


def _variances(shares: Floats, known: About) -> Variances:
    cells = cells_of(scale_of(shares).standard(shares).T)
    return fit_variances(cells, kernels(known.subjects, known.one_of_datasets()))


def _left_out(there: Mask, seed: int) -> Iterator[Mask]:
    """Cells to leave out, a tenth of those known at once, until they are enough or all have been; bool [S, D] each."""
    known = np.flatnonzero(there)
    order = np.random.default_rng(seed).permutation(known)
    size = -(-len(known) // FOLDS)
    for start in range(0, min(len(known), max(ENOUGH, size)), size):
        if size == len(known):  # a single cell: nothing would be left
            return
        out = np.zeros(there.shape, np.bool_)
        out.flat[order[start : start + size]] = True
        yield out
