"""A picture of a space: vectors as points of a plane, near where their cosines are high, and where they were before.

PCA keeps large distances and is quick; UMAP (McInnes, Healy & Melville 2018) keeps neighbours together. What either
makes may be turned, mirrored and moved without being another picture, so it is laid upon the picture of the release
before by the entities that both hold (orthogonal Procrustes). UMAP also starts from that picture.

What no start can keep is a picture that was of a corner only: among entities of all kinds those of one kind lie close
together, so where they were all there was they have to move.
"""

from __future__ import annotations

import warnings
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.similarity import Floats, cosines, unit_length

Kind = Literal["pca", "umap"]
Places = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEAST_FOR_UMAP = 15
"""Fewer entities are laid out by PCA: their neighbours are all there is."""
TRUST_NEIGHBORS = 5
_TRUST_SAMPLE = 5_000
_UMAP_NEIGHBORS = 15
_LEAST_SHARED = 2
_NEAREST_KNOWN = 3
"""New entities start in the middle of as many; a picture of fewer places says nothing of where they belong."""
_JITTER = 1e-3
_SETTLE = 0.01
"""UMAP's learning rate where it starts from the picture before: points move less, and neighbours stay neighbours."""
_SETTLE_AMONG_NEW = 0.03
"""The same where most entities are new: a smaller one leaves them crowded about the few they started from."""
_ZERO = 1e-6


class Picture(NamedTuple):
    """Places of entities, float64 [n, 2], and how they were found."""

    kind: Kind
    places: Places


def lay_out(kind: Kind, vectors: Floats, before: Places) -> Picture:
    """The picture of a space. The same vectors, in the same order, and the same picture before give the same picture.

    Args:
        kind: how; fewer than LEAST_FOR_UMAP entities, and vectors that are all one, are laid out by PCA in any case.
        vectors: float32 [n, dim]; one of length zero is near nothing.
        before: places in the picture before, float64 [n, 2]; not finite for entities that it does not hold.

    Returns:
        Where at least two entities were in the picture before, the places lie upon it; else their centre is the origin,
        their root mean square distance from it is 1 (0 where all vectors are one), and x varies most.

    Raises:
        InputError: a vector holds a number that is not finite.
    """
    similar = cosines(vectors) if len(vectors) else np.empty((0, 0), np.float32)
    known = np.isfinite(before[:, 0]) & np.isfinite(before[:, 1])
    places = _scaled(_pca(unit_length(vectors)))
    if kind == "pca" or len(places) < LEAST_FOR_UMAP or not places.any():
        return Picture("pca", align(places, before, known))
    start, rate = places, 1.0
    if len(np.unique(before[known], axis=0)) >= _NEAREST_KNOWN:
        start, rate = _start(similar, before, known), _SETTLE if _mostly(known) else _SETTLE_AMONG_NEW
    return Picture("umap", align(_pca(_scaled(_umap(similar, start, rate))), before, known))


def align(places: Places, before: Places, known: Flags) -> Places:
    """Places, turned, mirrored, moved and made larger or smaller so that the known ones lie upon those before.

    The size is changed only where at least half of the entities are known, and by the ratio of the two sizes: the
    least-squares factor is smaller the less they agree, so the picture would shrink with every release. A few that were
    a whole picture and are now a corner of one would make it many times as large.

    Args:
        places: float64 [n, 2].
        before: float64 [n, 2]; only rows that are known are read.
        known: bool [n]; with fewer than two, nothing is changed.
    """
    from scipy.linalg import orthogonal_procrustes

    if known.sum() < _LEAST_SHARED:
        return places
    now, then = places[known], before[known]
    centre, target = now.mean(axis=0), then.mean(axis=0)
    turn, _ = orthogonal_procrustes(now - centre, then - target)
    size, wanted = np.linalg.norm(now - centre), np.linalg.norm(then - target)
    factor = wanted / size if _mostly(known) and min(size, wanted) > _ZERO else 1.0
    aligned: Places = (places - centre) @ turn * factor + target
    return aligned


def trust(vectors: Floats, places: Places) -> float | None:
    """How far neighbours in the picture are neighbours in the space, by cosine: trustworthiness (Venna & Kaski 2001).

    Of each entity's TRUST_NEIGHBORS nearest in the picture (of fewer than half of the entities where these are few),
    those that are not among as many nearest in the space count against it by how far off they are. 1 is best. Of more
    than 5,000 entities, 5,000 are looked at.

    Args:
        vectors: float32 [n, dim].
        places: float64 [n, 2].

    Returns:
        A number from 0 to 1; None for fewer than three entities.
    """
    from sklearn.manifold import trustworthiness

    count = min(TRUST_NEIGHBORS, (len(vectors) - 1) // 2)
    if count < 1:
        return None
    if len(vectors) > _TRUST_SAMPLE:
        chosen = np.sort(np.random.default_rng(0).choice(len(vectors), _TRUST_SAMPLE, replace=False))
        vectors, places = vectors[chosen], places[chosen]
    found = trustworthiness(unit_length(vectors), places, n_neighbors=count, metric="cosine")
    return float(np.clip(found, 0.0, 1.0))


def _pca(points: Floats | Places) -> Places:
    """Points along their two principal axes; places are only turned by it, so that they reach furthest to the left and
    right, as screens do."""
    from sklearn.utils.extmath import randomized_svd

    places = np.zeros((len(points), 2))
    if points.size:
        centred = points - points.mean(axis=0, dtype=np.float64).astype(points.dtype)
        left, values, _ = randomized_svd(centred, n_components=2, n_iter=7, random_state=0)
        places[:, : len(values)] = left * values
    return places


def _umap(similar: Floats, start: Places, rate: float) -> Places:
    """UMAP of exact neighbours: it need not look for them, which saves most of what numba would compile."""
    count = min(_UMAP_NEIGHBORS, len(similar) - 1)
    np.fill_diagonal(similar, 2.0)  # each is its own nearest, whatever else equals it
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    distances = np.clip(1.0 - np.take_along_axis(similar, nearest, axis=1), 0.0, None)
    with warnings.catch_warnings():
        # of TensorFlow, which it could use, and of new points, which it could not place
        warnings.simplefilter("ignore")
        from umap import UMAP

        # of equal places UMAP would make none apart
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


def _square(places: Places) -> Places:
    """Places, turned so that they are as wide as high: UMAP stretches each axis of its start to ten, which would tear a
    picture that is wider than high."""
    from scipy.optimize import brentq

    def turned(angle: float) -> Places:
        sine, cosine = np.sin(angle), np.cos(angle)
        rotated: Places = places @ np.array([[cosine, -sine], [sine, cosine]])
        return rotated

    def wider(angle: float) -> float:
        wide, high = np.ptp(turned(angle), axis=0)
        return float(wide - high)

    # a quarter turn makes of what is wider what is higher, so somewhere on the way both are equal
    return turned(brentq(wider, 0.0, np.pi / 2))


def _start(similar: Floats, before: Places, known: Flags) -> Places:
    """Where everything was; what is new starts in the middle of those it is nearest to."""
    start = before.copy()
    theirs = np.argsort(-similar[~known][:, known], axis=1, kind="stable")[:, :_NEAREST_KNOWN]
    start[~known] = before[known][theirs].mean(axis=1)
    return start


def _scaled(places: Places) -> Places:
    centred = places - places.mean(axis=0) if len(places) else places
    radius = np.sqrt(np.square(centred).sum(axis=1).mean()) if len(places) else 0.0
    scaled: Places = centred / radius if radius > _ZERO else np.zeros_like(centred)
    return scaled


def _mostly(known: Flags) -> bool:
    return bool(known.sum() >= _LEAST_SHARED and 2 * known.sum() >= len(known))
