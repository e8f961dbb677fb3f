"""Find which entities are near each other in a space: the rows of the table `neighbors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.errors import InputError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import fit

Floats = npt.NDArray[np.float32]
_ZERO = 1e-6


class Entity(NamedTuple):
    """What a vector is of: kind 'dataset' or 'subject', and its name."""

    kind: str
    name: str


def cosines(rows: Floats, columns: Floats | None = None) -> Floats:
    """Return the cosines of all pairs of rows [n, dim] and columns [m, dim], float32 [n, m]; columns default to rows.

    A vector of length zero has cosine 0 with everything: it points nowhere.

    Raises:
        InputError: vectors of different lengths, which are of different spaces, or numbers that are not finite.
    """
    other = rows if columns is None else columns
    if rows.ndim != 2 or other.ndim != 2 or rows.shape[1] != other.shape[1]:
        raise InputError(f"vectors of shape {list(rows.shape)} and {list(other.shape)} are not of one space")
    if not (np.isfinite(rows).all() and np.isfinite(other).all()):
        raise InputError("a vector holds a number that is not finite")
    products: Floats = np.clip(unit_length(rows) @ unit_length(other).T, -1.0, 1.0)
    return products


def neighbors(space: str, method: str, entities: Sequence[Entity], vectors: Floats, count: int) -> pa.Table:
    """Find the `count` nearest datasets and the `count` nearest subjects of every entity.

    Args:
        space: name of the space.
        method: its method.
        entities: N entities, all different.
        vectors: their vectors in the space, float32 [N, dim].
        count: neighbours per entity and kind; fewer where there are fewer.

    Returns:
        Rows of TABLES['neighbors']; equally near ones are in the order of their names.

    Raises:
        InputError: another number of vectors than entities, or as `cosines` does.
    """
    if len(entities) != len(vectors):
        raise InputError(f"{len(vectors)} vectors do not fit {len(entities)} entities")
    order = sorted(range(len(entities)), key=lambda index: entities[index])
    sorted_entities = [entities[index] for index in order]
    similar = cosines(np.asarray(vectors, np.float32)[order]) if order else np.empty((0, 0), np.float32)
    rows: list[dict[str, object]] = []
    for kind in sorted({entity.kind for entity in entities}):
        of_kind = np.array([index for index, entity in enumerate(sorted_entities) if entity.kind == kind])
        for index, entity in enumerate(sorted_entities):
            candidates = of_kind[of_kind != index]
            nearest = candidates[np.argsort(-similar[index, candidates], kind="stable")][:count]
            for rank, other in enumerate(nearest, start=1):
                rows.append(
                    {
                        "method": method,
                        "space": space,
                        "entity_kind": entity.kind,
                        "entity": entity.name,
                        "neighbor_kind": kind,
                        "neighbor": sorted_entities[other].name,
                        "similarity": float(similar[index, other]),
                        "rank": rank,
                    }
                )
    return _table(rows)


def _table(rows: list[dict[str, object]]) -> pa.Table:
    return fit(pa.Table.from_pylist(rows, schema=TABLES["neighbors"].schema), "neighbors")


def unit_length(vectors: Floats) -> Floats:
    """Scale vectors [n, dim] to length one, float32 [n, dim]; one of length zero stays so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = np.where(lengths > _ZERO, vectors / np.maximum(lengths, _ZERO), 0.0)
    return scaled.astype(np.float32)
