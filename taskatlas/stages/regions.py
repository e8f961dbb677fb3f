"""Regions: which entities lie together in a space, each region named by its members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.analyze.regions import regions_of
from taskatlas.plan.project import Project
from taskatlas.schemas.tables import TABLES

Row = dict[str, Any]


def regions(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the table regions.

    Args:
        project: the project.
        inputs: keys of the parts that it is made from, by kind.
    """
    by_space: dict[str, list[Row]] = {}
    for key in inputs["embeddings"]:
        for row in project.parts.read("embeddings", key).to_pylist():
            by_space.setdefault(row["space"], []).append(row)
    rows = [row for _, members in sorted(by_space.items()) for row in _of_space(project, members)]
    return pa.Table.from_pylist(rows, schema=TABLES["regions"].schema)


def _of_space(project: Project, members: Sequence[Row]) -> list[Row]:
    entities = sorted(members, key=lambda row: (row["entity_kind"], row["entity"]))
    found = regions_of(np.asarray([row["vector"] for row in entities], np.float32))
    rows = [
        {name: row[name] for name in ("space", "method", "entity_kind", "entity")}
        | {"region": int(of), "centrality": float(centrality)}
        for row, of, centrality in zip(entities, found.of, found.centrality, strict=True)
    ]
    by_region: dict[int, list[Row]] = {}
    for row in rows:
        by_region.setdefault(row["region"], []).append(row)
    for inside in by_region.values():
        inside.sort(key=lambda row: (-row["centrality"], row["entity_kind"], row["entity"]))
        named = _name(project, inside)
        for rank, row in enumerate(inside, start=1):
            row |= {"region": named, "rank": rank, "members": len(inside)}
    return rows


def _name(project: Project, members: Sequence[Row]) -> str:
    """What most members are meant for, and the most central one; the second makes the name that of one region."""
    families = Counter(family for row in members for family in _families(project, row))
    central = members[0]["entity"]
    if not families:
        return str(central)
    most = min(families, key=lambda family: (-families[family], family))
    return f"{most}: {central}"


def _families(project: Project, row: Row) -> tuple[str, ...]:
    registry = project.registry
    if row["entity_kind"] == "dataset":
        return (registry.datasets[row["entity"]].family,)
    return tuple({card.family for card in registry.meant(project.subjects[row["entity"]])})
