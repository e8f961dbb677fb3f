"""The pictures of spaces that a release shows: taken from the newest release that shows them, or drawn upon that.

The releases are the memory of pictures: where the vectors of a space are those that its last picture was made from, it
is published again as it is, whatever became of parts and of the releases between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from taskatlas.analyze.layout import lay_out, trust
from taskatlas.analyze.similarity import Entity
from taskatlas.hashing import digest
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.context import Context
from taskatlas.stages.owed import Vector
from taskatlas.stages.spaces import Space
from taskatlas.stages.vectors import by_space
from taskatlas.store.warehouse import Warehouse

MAPS_VERSION = 1
MAPS = "maps"
_FACTS = ("layout", "trustworthiness", "map_id")
"""The columns of the table spaces that tell how a picture was made."""


class Shown(NamedTuple):
    """A space's picture: the place of each entity, and the columns of the table spaces that tell how it was made."""

    places: Mapping[Entity, tuple[float, float]]
    facts: Mapping[str, Any]


def map_ids(context: Context) -> list[str]:
    """Per space, the content hash of what its picture is made from: its vectors, and how they are laid out.

    The picture before is not in it, so where the vectors stay, every point does.
    """
    return [map_id for map_id, _, _ in _owed(context)]


def draw(context: Context, warehouse: Warehouse) -> tuple[pa.Table, dict[str, Mapping[str, Any]]]:
    """The picture of each space: the one that was published last where it is of these vectors, else a new one upon it.

    Returns:
        The table maps, and by space the columns of the table spaces that tell how its picture was made.

    Raises:
        StoreError: a release cannot be read.
    """
    owed = _owed(context)
    published = _published(warehouse, {space.name for _, space, _ in owed})
    rows, facts = [], {}
    for map_id, space, vectors in owed:
        shown = published.get(space.name, Shown({}, {}))
        if shown.facts.get("map_id") != map_id:
            shown = _drawn(context, map_id, vectors, shown.places)
        rows += _rows(space, shown.places)
        facts[space.name] = shown.facts
    return pa.Table.from_pylist(rows, schema=TABLES[MAPS].schema), facts


def _owed(context: Context) -> list[tuple[str, Space, list[Vector]]]:
    layout = context.registry.project.layout
    return [
        (digest("maps", MAPS_VERSION, space.name, layout, sorted(vector.key for vector in vectors)), space, vectors)
        for space, vectors in by_space(context)
    ]


def _drawn(
    context: Context, map_id: str, vectors: Sequence[Vector], before: Mapping[Entity, tuple[float, float]]
) -> Shown:
    ordered = sorted(vectors, key=lambda vector: (vector.kind, vector.entity))
    entities = [Entity(vector.kind, vector.entity) for vector in ordered]
    rows = pa.concat_tables([context.parts.read("embeddings", vector.key) for vector in ordered])
    matrix = np.stack(rows["vector"].to_numpy())
    known = np.array([before.get(entity, (np.nan, np.nan)) for entity in entities])
    picture = lay_out(context.registry.project.layout, matrix, known)
    places = {entity: (float(x), float(y)) for entity, (x, y) in zip(entities, picture.places, strict=True)}
    return Shown(places, dict(zip(_FACTS, (picture.kind, trust(matrix, picture.places), map_id), strict=True)))


def _rows(space: Space, places: Mapping[Entity, tuple[float, float]]) -> list[dict[str, Any]]:
    named = {"method": space.method.name, "space": space.name}
    return [
        {**named, "entity_kind": entity.kind, "entity": entity.name, "x": x, "y": y}
        for entity, (x, y) in places.items()
    ]


def _published(warehouse: Warehouse, wanted: set[str]) -> dict[str, Shown]:
    """The newest published picture of each wanted space that has one: releases are read from the newest back, none
    twice, until all are found. Some are from before there were maps, and some show the same as the one after."""
    found: dict[str, Shown] = {}
    read: set[int] = set()
    for release in reversed(warehouse.releases()):
        if len(found) == len(wanted):
            break
        snapshot = release.snapshots.get(MAPS)
        if snapshot is not None and snapshot not in read:
            read.add(snapshot)
            found |= _shown(warehouse, release.release, wanted - found.keys())
    return found


def _shown(warehouse: Warehouse, release: str, wanted: set[str]) -> dict[str, Shown]:
    """The pictures of those wanted spaces that a release shows."""
    places: dict[str, dict[Entity, tuple[float, float]]] = {}
    for row in warehouse.table(MAPS, release).to_pylist():
        if row["space"] in wanted:
            places.setdefault(row["space"], {})[Entity(row["entity_kind"], row["entity"])] = (row["x"], row["y"])
    told = {row["space"]: row for row in warehouse.table("spaces", release).to_pylist()} if places else {}
    return {space: Shown(of, {name: told.get(space, {}).get(name) for name in _FACTS}) for space, of in places.items()}
