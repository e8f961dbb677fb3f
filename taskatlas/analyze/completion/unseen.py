"""Forecast the scores of subjects on a dataset that none was measured on, from what is known of the dataset.

A subject is a row of the process, the datasets are its columns: it is expected to lead where it leads elsewhere, and to
do well on what is like the datasets that it did well on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.about import About
from taskatlas.analyze.completion.conformal import half_width
from taskatlas.analyze.completion.expected import Expected, expected
from taskatlas.analyze.completion.level import level
from taskatlas.analyze.completion.process import Cells, Normal, cells_of, condition, predict, without_columns
from taskatlas.analyze.completion.scale import as_shares, log_odds, scale_of
from taskatlas.analyze.completion.variances import Kernels, Variances, fit_variances, kernels, prior

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class LeftOut(NamedTuple):
    """Every known cell, n of them, and what was expected of it without any score on its dataset.

    Attributes:
        cells: rows are subjects, columns datasets, values log-odds of the scores.
        odds: log-odds expected, float64 [n] each.
    """

    cells: Cells
    odds: Normal


def forecast(scores: npt.ArrayLike, known: About) -> Expected:
    """Forecast all subjects on the U datasets that have no score, float64 [S, U] each, in their order.

    Intervals are calibrated on the datasets that have scores, each left out in turn (conformal prediction, Lei et al.
    2018), all of them counting alike.

    Args:
        scores: of S subjects on D datasets, all shares or all percentages, float [S, D]; NaN where none is known. The
            datasets to forecast are columns of NaN.
        known: what is known of subjects and datasets besides.

    Raises:
        InputError: as `scale.as_shares` does.
    """
    shares, unit = as_shares(scores)
    variances = likely_variances(shares, known)
    others = leave_datasets_out(shares, known, variances)
    width = half_width(others.cells.values - others.odds.mean, others.odds.sigma, others.cells.columns)
    scale = scale_of(shares)
    process = condition(prior(variances, _kernels(known)), cells_of(scale.standard(shares)))
    asked = np.flatnonzero(np.isnan(shares).all(axis=0))
    standard = predict(process, np.arange(len(shares)))
    return expected(_odds(shares, known, Normal(standard.mean[:, asked], standard.sigma[:, asked]), asked), width, unit)


def likely_variances(shares: Floats, known: About) -> Variances:
    """Return the variances that make the shares [S, D] most likely, NaN where none is known."""
    return fit_variances(cells_of(scale_of(shares).standard(shares)), _kernels(known))


def leave_datasets_out(shares: Floats, known: About, variances: Variances) -> LeftOut:
    """Forecast every known cell as if its dataset had no score: in closed form, the variances staying as they are.

    Args:
        shares: float64 [S, D]; NaN where none is known.
        known: what is known besides.
        variances: where a figure is reported of it, fitted without the datasets that the figure is of.
    """
    cells = cells_of(scale_of(shares).standard(shares))
    standard = without_columns(condition(prior(variances, _kernels(known)), cells))
    true = log_odds(shares[cells.rows, cells.columns])
    return LeftOut(Cells(cells.rows, cells.columns, true), _odds(shares, known, standard, cells.columns))


def _odds(shares: Floats, known: About, standard: Normal, columns: Ints) -> Normal:
    """Log-odds of standard scores on datasets whose centre and spread are not known, but those of the others are."""
    scale, there = scale_of(shares), np.asarray(np.isfinite(shares).any(axis=0), np.bool_)
    kernel = known.one_of_datasets()
    centre, spread = level(scale.centre, there, kernel), level(np.log(scale.spread), there, kernel)
    wide = np.exp(spread.mean)[columns]
    mean = centre.mean[columns] + wide * standard.mean
    return Normal(mean, np.hypot(centre.sigma[columns], wide * standard.sigma))


def _kernels(known: About) -> Kernels:
    return kernels(known.datasets, known.subjects.mean(axis=0))
