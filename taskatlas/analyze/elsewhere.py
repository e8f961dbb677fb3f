"""Choosing by what was measured elsewhere: on other datasets, without a label or a call of the target.

Each takes the scores of P subjects on D other datasets, float [P, D] with NaN where nobody measured, and gives a score
per subject, float64 [P]: higher is guessed to be better, NaN says nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]


def mean_elsewhere(scores: npt.ArrayLike) -> Floats:
    """Return a subject's mean lead: on each dataset its score less the mean of the other subjects there, averaged.

    A subject that was measured nowhere, or nowhere beside another, has none.

    >>> mean_elsewhere([[1.0, 0.5], [0.75, np.nan], [0.5, 0.25]])
    array([ 0.3125,  0.    , -0.3125])
    """
    values = _checked(scores)
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    totals = np.where(known, values, 0.0).sum(axis=0)
    shared = known & (counts > 1)
    others = (totals - np.where(known, values, 0.0)) / np.maximum(counts - 1, 1)
    leads = np.where(shared, values - others, 0.0)
    measured = shared.sum(axis=1)
    means: Floats = np.where(measured > 0, leads.sum(axis=1) / np.maximum(measured, 1), np.nan)
    return means


def nearest_elsewhere(scores: npt.ArrayLike, similarity: npt.ArrayLike) -> Floats:
    """Return the subjects' scores on the dataset that is most like the target, of those where two subjects or more were
    measured; NaN for all where there is none.

    >>> nearest_elsewhere([[0.9, 0.5], [0.7, np.nan]], [0.1, 0.8])
    array([0.9, 0.7])

    Args:
        scores: float [P, D].
        similarity: of the target and each of the datasets, float [D]; NaN where nothing is known.

    Raises:
        InputError: another number of similarities, or scores of another shape.
    """
    values, similar = _checked(scores), np.asarray(similarity, np.float64)
    if similar.shape != (values.shape[1],):
        raise InputError(f"{similar.size} similarities do not fit {values.shape[1]} datasets")
    usable = (np.isfinite(values).sum(axis=0) > 1) & np.isfinite(similar)
    if not usable.any():
        return np.full(len(values), np.nan)
    return values[:, int(np.where(usable, similar, -np.inf).argmax())]


def _checked(scores: npt.ArrayLike) -> Floats:
    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or np.isinf(values).any():
        raise InputError(f"scores of shape {list(values.shape)} are not finite [subjects, datasets]")
    return values
