"""Lay out a space as a picture: vectors become points of a plane that are near where their cosines are high.

PCA keeps large distances and is quick; UMAP (McInnes, Healy & Melville 2018, arXiv 1802.03426) keeps neighbours
together. Either layout may be turned, mirrored and moved without becoming another picture, so it is aligned with the
picture of the release before by the entities that both hold (orthogonal Procrustes, Schönemann 1966). UMAP also starts
from that picture.

No start can keep a picture that was of a corner only: among entities of all kinds those of one kind lie close together,
so where they were all there was they have to move.
"""

from __future__ import annotations

import warnings
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.similarity import Floats, cosines, unit_length

Kind = Literal["pca", "umap"]
Positions = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_FOR_UMAP = 15
"""Fewer entities are laid out by PCA: their neighbours are all there is."""
TRUST_NEIGHBORS = 5
_TRUST_SAMPLE = 5_000
_UMAP_NEIGHBORS = 15
_LEAST_SHARED = 2
_NEAREST_KNOWN = 3
"""New entities start at the mean position of as many; a picture with fewer positions does not say where they belong."""
_JITTER = 1e-3
_SETTLE = 0.01
"""UMAP's learning rate where it starts from the picture before: points move less, and neighbours stay together."""
_SETTLE_AMONG_NEW = 0.03
"""The same where most entities are new: a smaller one leaves them crowded about the few they started from."""
_ZERO = 1e-6


class Picture(NamedTuple):
    """A layout of n entities.

    Attributes:
        kind: the layout that was used.
        positions: of the entities, float64 [n, 2].
    """

    kind: Kind
    positions: Positions


def lay_out(kind: Kind, vectors: Floats, before: Positions) -> Picture:
    """Lay out a space. Equal vectors in the same order, with an equal picture before, give an equal picture.

    Args:
        kind: of layout; fewer than LEAST_FOR_UMAP entities, and equal vectors, are laid out by PCA in any case.
        vectors: float32 [n, dim]; one of length zero is near nothing.
        before: positions in the picture before, float64 [n, 2]; not finite for entities that it does not hold.

    Returns:
        The picture. Where at least two entities were in the picture before, it is aligned with that. Else the mean
        position is the origin, the root mean square distance from it is 1 (0 for equal vectors), and x varies most.

    Raises:
        InputError: a vector holds a number that is not finite.
    """
    similar = cosines(vectors) if len(vectors) else np.empty((0, 0), np.float32)
    known = np.isfinite(before[:, 0]) & np.isfinite(before[:, 1])
    positions = _scaled(_pca(unit_length(vectors)))
    if kind == "pca" or len(positions) < LEAST_FOR_UMAP or not positions.any():
        return Picture("pca", align(positions, before, known))
    start, rate = positions, 1.0
    if len(np.unique(before[known], axis=0)) >= _NEAREST_KNOWN:
        start, rate = _start(similar, before, known), _SETTLE if _mostly(known) else _SETTLE_AMONG_NEW
    return Picture("umap", align(_pca(_scaled(_umap(similar, start, rate))), before, known))


def align(positions: Positions, before: Positions, known: Mask) -> Positions:
    """Rotate, reflect, shift and scale positions so that those of known entities lie upon the positions before.

    Rotation and reflection solve the orthogonal Procrustes problem (Schönemann 1966). The scale changes only where at
    least half of the entities are known, and by the ratio of the two sizes: the least-squares factor is smaller the
    less they agree, so the picture would shrink with every release. A few entities that were a whole picture and are
    now a corner of one would make it many times as large.

    Args:
        positions: float64 [n, 2].
        before: float64 [n, 2]; only rows of known entities are read.
        known: bool [n]; with fewer than two, nothing is changed.

    Returns:
        The aligned positions, float64 [n, 2].
    """
    from scipy.linalg import orthogonal_procrustes

    if known.sum() < _LEAST_SHARED:
        return positions
    now, then = positions[known], before[known]
    centre_now, centre_then = now.mean(axis=0), then.mean(axis=0)
    rotation, _ = orthogonal_procrustes(now - centre_now, then - centre_then)
    size_now, size_then = np.linalg.norm(now - centre_now), np.linalg.norm(then - centre_then)
    scale = size_then / size_now if _mostly(known) and min(size_now, size_then) > _ZERO else 1.0
    aligned: Positions = (positions - centre_now) @ rotation * scale + centre_then
    return aligned


def trustworthiness(vectors: Floats, positions: Positions) -> float | None:
    """Measure how far neighbours in the picture are neighbours in the space, by cosine (Venna & Kaski 2001).

    T(k) = 1 − 2 / (n k (2n − 3k − 1)) · Σ (r − k), over each entity's k nearest in the picture that are not among its
    k nearest in the space; r is their rank in the space. k is TRUST_NEIGHBORS, or fewer than half of few entities. Of
    more than 5,000 entities a random 5,000 are used.

    Args:
        vectors: float32 [n, dim].
        positions: float64 [n, 2].

    Returns:
        From 0 to 1, which is best; None for fewer than three entities.
    """
    from sklearn.manifold import trustworthiness as of_neighbours

    count = min(TRUST_NEIGHBORS, (len(vectors) - 1) // 2)
    if count < 1:
        return None
    if len(vectors) > _TRUST_SAMPLE:
        sample = np.sort(np.random.default_rng(0).choice(len(vectors), _TRUST_SAMPLE, replace=False))
        vectors, positions = vectors[sample], positions[sample]
    value = of_neighbours(unit_length(vectors), positions, n_neighbors=count, metric="cosine")
    return float(np.clip(value, 0.0, 1.0))


def _pca(points: Floats | Positions) -> Positions:
    """Return points [n, dim] along their two principal axes, float64 [n, 2]. Positions are only turned by it, so that
    they reach furthest to the left and right, as screens do."""
    from sklearn.utils.extmath import randomized_svd

    projected = np.zeros((len(points), 2))
    if points.size:
        centred = points - points.mean(axis=0, dtype=np.float64).astype(points.dtype)
        left, values, _ = randomized_svd(centred, n_components=2, n_iter=7, random_state=0)
        projected[:, : len(values)] = left * values
    return projected


def _umap(similar: Floats, start: Positions, rate: float) -> Positions:
    """Run UMAP with exact neighbours: it need not search for them, which saves most of what numba would compile."""
    count = min(_UMAP_NEIGHBORS, len(similar) - 1)
    np.fill_diagonal(similar, 2.0)  # each is its own nearest, whatever else equals it
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    distances = np.clip(1.0 - np.take_along_axis(similar, nearest, axis=1), 0.0, None)
    with warnings.catch_warnings():
        # they say that TensorFlow is missing, and that new points could not be added
        warnings.simplefilter("ignore")
        from umap import UMAP

        # UMAP would leave equal positions equal
        jitter = np.random.default_rng(0).normal(scale=_JITTER, size=start.shape)
        reducer = UMAP(
            n_neighbors=count,
            learning_rate=rate,
            init=_square(start + jitter).astype(np.float32),
            precomputed_knn=(nearest, distances, None),
            force_approximation_algorithm=True,
            random_state=0,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(start), np.float64)


def _square(positions: Positions) -> Positions:
    """Rotate positions so that they are as wide as high: UMAP stretches each axis of its start to ten, which would tear
    a picture that is wider than high."""
    from scipy.optimize import brentq

    def rotated(angle: float) -> Positions:
        sine, cosine = np.sin(angle), np.cos(angle)
        product: Positions = positions @ np.array([[cosine, -sine], [sine, cosine]])
        return product

    def width_less_height(angle: float) -> float:
        width, height = np.ptp(rotated(angle), axis=0)
        return float(width - height)

    # a quarter turn exchanges width and height, so at some angle before both are equal
    return rotated(brentq(width_less_height, 0.0, np.pi / 2))


def _start(similar: Floats, before: Positions, known: Mask) -> Positions:
    """Return the positions before; a new entity starts at the mean position of its nearest known ones."""
    start = before.copy()
    nearest = np.argsort(-similar[~known][:, known], axis=1, kind="stable")[:, :_NEAREST_KNOWN]
    start[~known] = before[known][nearest].mean(axis=1)
    return start


def _scaled(positions: Positions) -> Positions:
    centred = positions - positions.mean(axis=0) if len(positions) else positions
    radius = np.sqrt(np.square(centred).sum(axis=1).mean()) if len(positions) else 0.0
    scaled: Positions = centred / radius if radius > _ZERO else np.zeros_like(centred)
    return scaled


def _mostly(known: Mask) -> bool:
    return bool(known.sum() >= _LEAST_SHARED and 2 * known.sum() >= len(known))
