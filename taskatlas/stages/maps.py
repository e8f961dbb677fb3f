"""The pictures of spaces that a release shows: taken from the newest release that shows them, or drawn upon that.

The releases are the memory of pictures: where the vectors of a space are those that its last picture was made from, it
is published again as it is, whatever became of parts and of the releases between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from taskatlas.analyze.layout import lay_out, trustworthiness
from taskatlas.analyze.similarity import Entity
from taskatlas.plan.items import Vector
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import Space
from taskatlas.schemas.tables import TABLES
from taskatlas.store.warehouse import Warehouse

_FACTS = ("layout", "trustworthiness", "map_id")
"""The columns of the table spaces that tell how a picture was made."""


class SpaceMap(NamedTuple):
    """A space's picture: the position of each entity, and the columns of the table spaces that tell how it was made."""

    positions: Mapping[Entity, tuple[float, float]]
    facts: Mapping[str, Any]


def draw(plan: Plan, warehouse: Warehouse) -> tuple[pa.Table, dict[str, Mapping[str, Any]]]:
    """Return the picture of each space: the one that was published last where it is of these vectors, else a new one
    upon it.

    Returns:
        The table maps, and by space the columns of the table spaces that tell how its picture was made.

    Raises:
        StoreError: a release cannot be read.
    """
    published = _published(warehouse, {plan.spaces[method].name for method in plan.map_ids})
    rows, facts = [], {}
    for method, map_id in plan.map_ids.items():
        space = plan.spaces[method]
        picture = published.get(space.name, SpaceMap({}, {}))
        if picture.facts.get("map_id") != map_id:
            picture = _drawn(plan.project, map_id, plan.vectors[method], picture.positions)
        rows += _rows(space, picture.positions)
        facts[space.name] = picture.facts
    return pa.Table.from_pylist(rows, schema=TABLES["maps"].schema), facts


def _drawn(
    project: Project, map_id: str, vectors: Sequence[Vector], before: Mapping[Entity, tuple[float, float]]
) -> SpaceMap:
    ordered = sorted(vectors, key=lambda vector: (vector.kind, vector.entity))
    entities = [Entity(vector.kind, vector.entity) for vector in ordered]
    rows = pa.concat_tables([project.parts.read("embeddings", vector.key) for vector in ordered])
    matrix = np.stack(rows["vector"].to_numpy())
    known = np.array([before.get(entity, (np.nan, np.nan)) for entity in entities])
    picture = lay_out(project.registry.project.layout, matrix, known)
    positions = {entity: (float(x), float(y)) for entity, (x, y) in zip(entities, picture.positions, strict=True)}
    return SpaceMap(
        positions, dict(zip(_FACTS, (picture.kind, trustworthiness(matrix, picture.positions), map_id), strict=True))
    )


def _rows(space: Space, positions: Mapping[Entity, tuple[float, float]]) -> list[dict[str, Any]]:
    named = {"method": space.method.name, "space": space.name}
    return [
        {**named, "entity_kind": entity.kind, "entity": entity.name, "x": x, "y": y}
        for entity, (x, y) in positions.items()
    ]


def _published(warehouse: Warehouse, wanted: set[str]) -> dict[str, SpaceMap]:
    """The newest published picture of each wanted space that has one: releases are read from the newest back, none
    twice, until all are found. Some are from before there were maps, and some show the same as the one after."""
    pictures: dict[str, SpaceMap] = {}
    read: set[int] = set()
    for release in reversed(warehouse.releases()):
        if len(pictures) == len(wanted):
            break
        snapshot = release.snapshots.get("maps")
        if snapshot is not None and snapshot not in read:
            read.add(snapshot)
            pictures |= _shown(warehouse, release.release, wanted - pictures.keys())
    return pictures


def _shown(warehouse: Warehouse, release: str, wanted: set[str]) -> dict[str, SpaceMap]:
    """The pictures of those wanted spaces that a release shows."""
    positions: dict[str, dict[Entity, tuple[float, float]]] = {}
    for row in warehouse.table("maps", release).to_pylist():
        if row["space"] in wanted:
            positions.setdefault(row["space"], {})[Entity(row["entity_kind"], row["entity"])] = (row["x"], row["y"])
    space_rows = {row["space"]: row for row in warehouse.table("spaces", release).to_pylist()} if positions else {}
    return {
        space: SpaceMap(of, {name: space_rows.get(space, {}).get(name) for name in _FACTS})
        for space, of in positions.items()
    }
