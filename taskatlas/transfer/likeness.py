"""Likeness: how much two datasets are like each other, seen from several sides.

A side is a similarity of all pairs of datasets, float64 [n, n]. Sides weigh the same where nothing is known; where
transfers were measured, by how well they tell which targets gain from the same sources.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.transfer.measured import Transfers, gains, mean_known

Floats = npt.NDArray[np.float64]
STRENGTH = 100.0
"""Pairs of targets that equal weights are worth, for sides that spread as much as they do on average."""
FEW = 3
"""Sources that two targets have in common, or pairs of targets, from which on something can be said of them."""


def centred_cosines(vectors: npt.ArrayLike) -> Floats:
    """Return cosines of vectors [n, dim] seen from their mean, float64 [n, n]; a vector of length zero has cosine 0."""
    rows = np.asarray(vectors, np.float64)
    rows = rows - rows.mean(axis=0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.where(lengths > 1e-12, rows / np.maximum(lengths, 1e-12), 0.0)
    return np.asarray(unit @ unit.T, np.float64)


def weigh(sides: Floats, transfers: Transfers, strength: float = STRENGTH) -> Floats:
    """Fit non-negative weights of m sides to how alike the measured transfers of two targets are.

    Least squares over pairs of targets, of the correlation of what sources are worth for both beyond what they are
    worth on average; pulled to equal weights, which is what remains where few targets were measured.

    Args:
        sides: float64 [m, n, n].
        transfers: between the n datasets, without the one that is to be forecast.
        strength: how much equal weights are worth, in pairs of targets.

    Returns:
        float64 [m], of sum 1.
    """
    from scipy.optimize import nnls

    equal = np.full(len(sides), 1.0 / len(sides))
    pairs, alike = _pairs(transfers)
    if len(alike) < FEW:
        return equal
    seen = sides[:, pairs[0], pairs[1]].T
    seen, alike = seen - seen.mean(axis=0), alike - alike.mean()
    together = seen @ equal
    slope = max(float(together @ alike) / max(float(together @ together), 1e-12), 0.0)
    pull = np.sqrt(strength * seen.var(axis=0).mean())
    rows = np.vstack([seen, pull * np.eye(len(sides))])
    weights = nnls(rows, np.concatenate([alike, pull * slope * equal]))[0]
    return np.asarray(weights / weights.sum(), np.float64) if weights.sum() > 1e-12 else equal


def combine(sides: Floats, weights: Floats) -> Floats:
    """Return the weighted sum of sides [m, n, n], float64 [n, n]."""
    return np.asarray(np.tensordot(weights, sides, axes=1), np.float64)


def _pairs(transfers: Transfers) -> tuple[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], Floats]:
    """Pairs of targets that can be compared, and the correlation of what sources are worth for both."""
    worth = mean_known(gains(transfers.change))
    beyond = worth - mean_known(worth)
    known = np.isfinite(beyond).astype(np.float64)
    values = np.where(known > 0, beyond, 0.0)
    count = np.maximum(known @ known.T, 1.0)
    total, squares = values @ known.T, values**2 @ known.T
    variance = np.maximum(squares - total**2 / count, 0.0)
    covariance = values @ values.T - total * total.T / count
    deviation = np.sqrt(variance * variance.T)
    first, second = np.nonzero(np.tril((count >= FEW) & (deviation > 1e-9), -1))
    return (first, second), np.asarray(covariance[first, second] / deviation[first, second], np.float64)
