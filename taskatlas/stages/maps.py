"""The pictures of spaces that a release shows: drawn when it is published, upon those that people see now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.tables import TABLES
from taskatlas.analyze.layout import Places, lay_out, trust
from taskatlas.analyze.similarity import Entity
from taskatlas.hashing import digest
from taskatlas.stages.context import Context
from taskatlas.stages.owed import Vector
from taskatlas.stages.spaces import Space
from taskatlas.stages.vectors import by_space
from taskatlas.store.warehouse import Warehouse

MAPS_VERSION = 1
MAPS = "maps"


def maps_keys(context: Context) -> list[str]:
    """Key of the picture of each space: its vectors, and how it is laid out.

    The picture before is not in it, so where the vectors stay, every point does.
    """
    return [key for key, _, _ in _owed(context)]


def draw(context: Context, warehouse: Warehouse) -> tuple[pa.Table, dict[str, dict[str, Any]]]:
    """Draw the picture of each space that changed, upon that of the newest release where it has one.

    Returns:
        The table maps, and by space the columns of the table spaces that tell how its picture was made.

    Raises:
        StoreError: the newest release cannot be read.
    """
    owed = _owed(context)
    missing = [each for each in owed if not context.parts.has(MAPS, each[0])]
    before = _published(warehouse) if missing else {}
    for key, space, vectors in missing:
        _draw(context, key, space, vectors, before.get(space.name, {}))
    rows = [context.parts.read(MAPS, key) for key, _, _ in owed]
    facts = {space.name: context.parts.manifest(MAPS, key) for key, space, _ in owed}
    return pa.concat_tables([TABLES[MAPS].schema.empty_table(), *rows]), facts


def _owed(context: Context) -> list[tuple[str, Space, list[Vector]]]:
    layout = context.registry.project.layout
    return [
        (digest("maps", MAPS_VERSION, space.name, layout, sorted(vector.key for vector in vectors)), space, vectors)
        for space, vectors in by_space(context)
    ]


def _draw(
    context: Context, key: str, space: Space, vectors: Sequence[Vector], before: Mapping[Entity, tuple[float, float]]
) -> None:
    ordered = sorted(vectors, key=lambda vector: (vector.kind, vector.entity))
    entities = [Entity(vector.kind, vector.entity) for vector in ordered]
    rows = pa.concat_tables([context.parts.read("embeddings", vector.key) for vector in ordered])
    matrix = np.stack(rows["vector"].to_numpy())
    known = np.array([before.get(entity, (np.nan, np.nan)) for entity in entities])
    picture = lay_out(context.registry.project.layout, matrix, known)
    meta = {"layout": picture.kind, "trustworthiness": trust(matrix, picture.places)}
    context.parts.write(MAPS, key, _rows(space, entities, picture.places), meta)


def _rows(space: Space, entities: Sequence[Entity], places: Places) -> pa.Table:
    named = {"method": space.method.name, "space": space.name}
    rows = [
        {**named, "entity_kind": entity.kind, "entity": entity.name, "x": float(x), "y": float(y)}
        for entity, (x, y) in zip(entities, places, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=TABLES[MAPS].schema)


def _published(warehouse: Warehouse) -> dict[str, dict[Entity, tuple[float, float]]]:
    """Places in the newest release by space; none where there is no release, or it is from before there were maps."""
    known = warehouse.releases()
    found: dict[str, dict[Entity, tuple[float, float]]] = {}
    if known and MAPS in known[-1].snapshots:
        for row in warehouse.table(MAPS, known[-1].release).to_pylist():
            found.setdefault(row["space"], {})[Entity(row["entity_kind"], row["entity"])] = (row["x"], row["y"])
    return found
