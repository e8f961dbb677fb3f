"""What each text adds to a score, so that two scores on the same texts can be compared text by text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def merits_of_classes(answers: Ints, labels: Ints) -> Floats:
    """Return 1 where an answer [n] is the label [n], else 0; their mean is the accuracy.

    >>> merits_of_classes(np.array([0, 1, -1]), np.array([0, 0, 1])).tolist()
    [1.0, 0.0, 0.0]

    Raises:
        InputError: answers of another number.
    """
    _check(answers, labels)
    return np.asarray(answers == labels, np.float64)


def merits_of_numbers(answers: npt.ArrayLike, values: npt.ArrayLike) -> Floats:
    """Return numbers [n] whose mean is Spearman's correlation of answers and values, and whose spread is its error.

    They are the correlation plus its influence function on the ranks (Devlin, Gnanadesikan & Kettenring 1975,
    Biometrika 62(3)): z w − r (z² + w²) / 2, with z and w the standardised ranks. All are 0 where one is constant.

    >>> merits_of_numbers([1, 2, 3], [4, 5, 6]).round(9).tolist()
    [1.0, 1.0, 1.0]

    Raises:
        InputError: answers of another number.
    """
    given, true = np.asarray(answers, np.float64), np.asarray(values, np.float64)
    _check(given, true)
    z, w = _standardised(given), _standardised(true)
    if not z.any() or not w.any():
        return np.zeros(len(true))
    r = float(np.mean(z * w))
    merits: Floats = r + z * w - r * (z**2 + w**2) / 2
    return merits


def _standardised(values: Floats) -> Floats:
    """Ranks with mean 0 and variance 1, ties sharing theirs; zeros where all are equal."""
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    centred = ranks - ranks.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    scaled: Floats = centred / spread if spread > 0 else np.zeros(len(values))
    return scaled


def _check(answers: npt.NDArray[np.generic], labels: npt.NDArray[np.generic]) -> None:
    if not len(labels) or answers.shape != labels.shape:
        raise InputError(f"{answers.size} answers and {labels.size} labels cannot be compared")
