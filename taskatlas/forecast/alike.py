"""Scores elsewhere, weighted by how alike datasets are: what is expected where no label and no answer is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.embed.measure import Floats
from taskatlas.errors import InputError
from taskatlas.forecast.elsewhere import SHRINKAGE

WIDTH = 0.3
"""A dataset that is less alike by so much counts for 1 / e. 0.1 and 1 were tried, too:
docs/decisions/0013-forecasts-learn.md."""


def alike_elsewhere(scores: npt.ArrayLike, classes: npt.ArrayLike, similarity: npt.ArrayLike, target: int) -> Floats:
    """Return the accuracies that are expected of P subjects on a dataset where nothing was measured, float64 [P].

    Scores are compared as what they are above chance, as a share of what there is to gain (Cohen 1960, with classes
    that are equally common): a level of two classes says nothing of one of seven.

    >>> alike_elsewhere([[0.9, 0.7], [0.7, 0.4]], [2, 4], [0.5, 0.5], 2).round(2).tolist()
    [0.83, 0.67]

    Args:
        scores: accuracies on D other datasets, float [P, D]; NaN where nobody measured.
        classes: how many the datasets have, int [D], 2 or more.
        similarity: of the target and each of the datasets, such as cosines, float [D].
        target: how many classes the target has.

    Raises:
        InputError: shapes that do not fit, fewer than two classes, or a dataset without a score.
    """
    values, near = np.asarray(scores, np.float64), np.asarray(similarity, np.float64)
    chance = 1.0 / np.asarray(classes, np.float64)
    if values.ndim != 2 or near.shape != chance.shape or near.shape != values.shape[1:] or not near.size:
        raise InputError(f"scores {values.shape}, {chance.size} numbers of classes and {near.size} similarities differ")
    known = np.isfinite(values)
    if max(chance.max(), 1.0 / target) > 0.5 or not known.any(axis=0).all():
        raise InputError("every dataset has two classes or more and a score")
    above = (values - chance) / (1.0 - chance)
    levels = np.nanmean(above, axis=0)
    weights = np.exp((near - near.max()) / WIDTH)
    seen = known * weights
    leads = (np.where(known, above - levels, 0.0) * weights).sum(axis=1)
    leads /= seen.sum(axis=1) + SHRINKAGE * weights.mean()
    expected: Floats = 1.0 / target + (1.0 - 1.0 / target) * (weights @ levels / weights.sum() + leads)
    return np.clip(expected, 0.0, 1.0)
