"""Regions of a space: entities that lie together, found by average linkage, as many as are told apart best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.similarity import cosines

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
FEWEST = 4
"""With fewer entities there is one region: two pairs are the least that can be told apart."""
MOST_REGIONS = 12
MOST_COMPARED = 2_000
"""So many vectors are compared in pairs, the first ones; a further one goes to the region whose centre is nearest."""


@dataclass(frozen=True)
class Regions:
    """Regions of n vectors.

    Attributes:
        of: the region of each, from 0, in the order of their first members, int64 [n].
        centrality: the cosine of each with the centre of its region, seen from the mean of all, float32 [n].
    """

    of: Ints
    centrality: Floats


def regions_of(vectors: Floats) -> Regions:
    """Divide n vectors into regions, the same however often it is asked.

    Vectors are seen from their mean, as what all share tells none apart. Average linkage of cosines; of 2 to 12 regions
    the number whose silhouette is largest (Rousseeuw 1987), and one where no division is better than none.

    Args:
        vectors: of unit length, float32 [n, dim], n at least 1.
    """
    seen = np.asarray(vectors - vectors.mean(axis=0, dtype=np.float64), np.float32)
    compared = seen[:MOST_COMPARED]
    of = _divided(compared)
    centres = _centres(compared, of)
    if len(seen) > len(compared):
        of = np.concatenate([of, cosines(seen[len(compared) :], centres).argmax(axis=1)])
    of = _in_order(of)
    centrality = cosines(seen, _centres(seen, of))
    return Regions(of, centrality[np.arange(len(of)), of])


def _divided(seen: Floats) -> Ints:
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    best, one = 0.0, np.zeros(len(seen), np.int64)
    if len(seen) < FEWEST:
        return one
    distances = np.clip(1.0 - cosines(seen).astype(np.float64), 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    for count in range(2, min(MOST_REGIONS, len(seen) - 1) + 1):
        clustering = AgglomerativeClustering(n_clusters=count, metric="precomputed", linkage="average")
        of = np.asarray(clustering.fit_predict(distances), np.int64)
        told_apart = float(silhouette_score(distances, of, metric="precomputed"))
        if told_apart > best + 1e-9:
            best, one = told_apart, of
    return one


def _centres(seen: Floats, of: Ints) -> Floats:
    return np.stack([seen[of == region].mean(axis=0) for region in range(int(of.max()) + 1)])


def _in_order(of: Ints) -> Ints:
    """Regions numbered in the order of their first members."""
    _, first, place = np.unique(of, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], np.int64)
