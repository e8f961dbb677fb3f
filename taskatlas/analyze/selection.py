"""Other methods of choosing among prompts: published ones that use calls on the target but no labels, and trying.

Each takes the probabilities of P subjects on the same n texts of the target, float [P, n, C], and gives a score per
subject, float64 [P]: higher is guessed to be better. The benchmarks hold forecasts against them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_TINY = 1e-12


def mutual_information(probabilities: npt.ArrayLike) -> Floats:
    """Return H(mean of p) − mean of H(p), in nats: answers that differ between texts, each given with confidence.

    Sorensen et al. 2022 (ACL, arXiv 2203.11364), equation 2.
    """
    p = _checked(probabilities)
    information: Floats = _entropy(p.mean(axis=1)) - _entropy(p).mean(axis=1)
    return information


def global_entropy(probabilities: npt.ArrayLike) -> Floats:
    """Return the entropy of how often each class is answered, in nats: a subject that leans to one class scores low.

    GlobalE of Lu et al. 2022 (ACL, arXiv 2104.08786), equation 3.
    """
    p = _checked(probabilities)
    shares = np.stack([np.bincount(row, minlength=p.shape[2]) / p.shape[1] for row in p.argmax(axis=2)])
    return _entropy(shares)


def zps(probabilities: npt.ArrayLike) -> Floats:
    """Return the agreement with the pseudo-labels of an ensemble of the subjects themselves.

    Zero-label prompt selection, Liao et al. 2022 (arXiv 2211.04668): subjects of low confidence (mean gap of the two
    highest probabilities, split by 2-means) are left out of the ensemble; a text's pseudo-label is the class with the
    highest mean log-probability; the score is accuracy on the pseudo-labels.
    """
    p = _checked(probabilities)
    ordered = np.sort(p, axis=2)
    confident = upper_cluster((ordered[:, :, -1] - ordered[:, :, -2]).mean(axis=1))
    pseudo = np.log(np.maximum(p[confident], _TINY)).mean(axis=0).argmax(axis=1)
    agreement: Floats = (p.argmax(axis=2) == pseudo).mean(axis=1)
    return agreement


def trying(probabilities: npt.ArrayLike, labels: Ints, k: int, *, seed: int = 0) -> Floats:
    """Return the accuracy of every subject on the same k labelled texts, drawn at random; labels int64 [n].

    Raises:
        InputError: fewer than k labelled texts.
    """
    p = _checked(probabilities)
    if not 0 < k <= len(labels) or len(labels) != p.shape[1]:
        raise InputError(f"{len(labels)} labels do not fit {p.shape[1]} texts of which {k} are to be tried")
    rows = np.random.default_rng(seed).permutation(len(labels))[:k]
    accuracies: Floats = (p.argmax(axis=2)[:, rows] == labels[rows]).mean(axis=1)
    return accuracies


def at_random(count: int, *, seed: int = 0) -> Floats:
    """Return a random score per subject: what chance alone reaches."""
    return np.random.default_rng(seed).random(count)


def upper_cluster(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which of the values [P] are in the higher cluster of 2-means, bool [P]; all of them where they are equal.

    It is exact: of all cuts of the sorted values, the one with the least squared distance to the two means.
    """
    line = np.asarray(values, np.float64)
    cuts = np.unique(line)[1:]
    if not len(cuts):
        return np.ones(len(line), np.bool_)
    within = [_squared(line[line < cut]) + _squared(line[line >= cut]) for cut in cuts]
    return np.asarray(line >= cuts[int(np.argmin(within))], np.bool_)


def _squared(values: Floats) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _entropy(p: Floats) -> Floats:
    entropy: Floats = -(p * np.log(np.maximum(p, _TINY))).sum(axis=-1)
    return entropy


def _checked(probabilities: npt.ArrayLike) -> Floats:
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 3 or 0 in p.shape or p.shape[2] < 2 or not np.isfinite(p).all():
        raise InputError(f"probabilities of shape {list(p.shape)} are not finite [subjects, texts, 2 or more classes]")
    return p
