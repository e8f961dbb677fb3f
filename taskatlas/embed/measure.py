"""The three measures of how well answers fit labels, and a seeded bootstrap of any of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def accuracy(answers: Ints, labels: Ints) -> float:
    """Return the share of answers int64 [n] that equal the label int64 [n].

    >>> accuracy(np.array([0, 1, 1, -1]), np.array([0, 1, 0, 0]))
    0.5
    """
    return float(np.mean(answers == labels))


def macro_f1(answers: Ints, labels: Ints) -> float:
    """Return the mean F1 of the classes that occur among the labels, all classes counting alike.

    Classes are numbers from 0; an answer of −1 stands for no class, and is wrong. Equals scikit-learn's
    `f1_score(labels, answers, labels=unique(labels), average="macro", zero_division=0)`.

    >>> round(macro_f1(np.array([0, 1, 1, -1]), np.array([0, 1, 0, 0])), 3)
    0.583
    """
    size = int(max(labels.max(), answers.max())) + 2
    true = np.bincount(labels + 1, minlength=size)
    answered = np.bincount(answers + 1, minlength=size)
    hits = np.bincount(labels[answers == labels] + 1, minlength=size)
    present = true > 0
    return float(np.mean(2.0 * hits[present] / (true[present] + answered[present])))


def spearman(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return Spearman's rank correlation of two rows of numbers [n], ties sharing ranks; 0 where one is constant.

    >>> round(spearman([1, 2, 3, 4], [10, 40, 20, 30]), 3)
    0.4
    """
    from scipy.stats import rankdata

    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def resampled(measure: Callable[[Ints], float], n: int, *, resamples: int, seed: int = 0) -> Floats:
    """Return a measure on bootstrap samples (Efron 1979): n of n rows drawn with replacement, `resamples` times.

    Args:
        measure: rows int64 [n] → number.
        n: rows there are, 1 or more.
        resamples: samples to draw.
        seed: of the draws.

    Returns:
        float64 [resamples].
    """
    draws = np.random.default_rng(seed).integers(0, n, size=(resamples, n))
    return np.asarray([measure(rows) for rows in draws], np.float64)
