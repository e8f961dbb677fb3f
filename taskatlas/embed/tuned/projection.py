"""Long vectors are projected to fewer dimensions: a seeded sparse random projection (Li, Hastie, Church 2006;
scikit-learn's)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from taskatlas.embed.basis import Array
from taskatlas.embed.method import unit
from taskatlas.embed.tuned.schedule import Tuning


def project_vector(vector: Array, tuning: Tuning) -> Array:
    """Return the vector, or its random projection where it has more than `tuning.max_dim` numbers; float32.

    The projection depends on the seed and on both lengths alone, so it is the same for every vector of a space.
    """
    if len(vector) <= tuning.max_dim:
        return vector
    projected = _projection(len(vector), tuning.projected_dim, tuning.seed) @ vector
    return np.asarray(projected, np.float32)


@lru_cache(maxsize=2)
def _projection(dim: int, shorter: int, seed: int) -> csr_array:
    """Return a matrix [shorter, dim] with a share of 1 / √dim entries, ± √(√dim / shorter)."""
    from sklearn.random_projection import SparseRandomProjection

    projector = SparseRandomProjection(n_components=shorter, random_state=seed)
    projector.fit(np.zeros((1, dim), np.float32))
    return csr_array(projector.components_).astype(np.float32)


def cosine_error(vectors: list[Array], tuning: Tuning) -> float:
    """Return the mean difference between the cosines of all pairs of vectors before and after projection; 0 for short
    ones."""
    before, after = (_cosines(np.stack(rows)) for rows in (vectors, [project_vector(v, tuning) for v in vectors]))
    pairs = np.triu_indices(len(vectors), 1)
    return float(np.abs(before[pairs] - after[pairs]).mean())


def _cosines(rows: Array) -> Array:
    scaled = unit(rows)
    cosines: Array = scaled @ scaled.T
    return cosines
