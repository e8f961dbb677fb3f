"""The vectors that are there: which spaces were made last, what is near in them, and who has no vector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.analyze.similarity import Entity, neighbors
from taskatlas.hashing import digest
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import spaces
from taskatlas.stages.context import Context
from taskatlas.stages.owed import FLAGS, Plan, Vector, plan
from taskatlas.stages.spaces import Space
from taskatlas.stages.spread import scatter_of, separates

NEIGHBORS_VERSION = 1


def finish(context: Context, methods: Sequence[str]) -> None:
    """Remember which methods this project's spaces are made by, and find the neighbours in each that changed."""
    context.write_state("embed", {"methods": list(methods)})
    for key, (space, vectors) in zip(neighbors_keys(context), by_space(context), strict=True):
        if not context.parts.has("neighbors", key):
            rows = pa.concat_tables([context.parts.read("embeddings", vector.key) for vector in vectors])
            entities = [Entity(vector.kind, vector.entity) for vector in vectors]
            matrix = np.stack(rows["vector"].to_numpy())
            count = context.registry.project.neighbors
            found = neighbors(space.name, space.method.name, entities, matrix, count)
            context.parts.write("neighbors", key, found)


def neighbors_keys(context: Context) -> list[str]:
    """Key of the neighbours in each space: its vectors, and how many neighbours are kept."""
    count = context.registry.project.neighbors
    return [
        digest("neighbors", NEIGHBORS_VERSION, space.name, count, sorted(vector.key for vector in vectors))
        for space, vectors in by_space(context)
    ]


def by_space(context: Context) -> list[tuple[Space, list[Vector]]]:
    """The vectors that are there, by space; a space in which nothing got a vector is left out."""
    found = []
    for method in embedded_methods(context):
        owed = plan(context, method)
        there = [vector for vector in owed.vectors if context.parts.has("embeddings", vector.key)]
        if there:
            found.append((owed.space, there))
    return found


def embedded_methods(context: Context) -> list[str]:
    """The methods of the last embed stage."""
    methods: list[str] = context.read_state("embed")["methods"]
    return methods


def published_vectors(context: Context) -> list[tuple[Space, Vector]]:
    """Every vector that is there, with its space."""
    return [(space, vector) for space, vectors in by_space(context) for vector in vectors]


def space_rows(context: Context, pictures: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """The table spaces; `pictures` has what is known of each space's picture, by its name."""
    rows = []
    for space, vectors in by_space(context):
        dim = context.parts.read("embeddings", vectors[0].key)["dim"][0].as_py()
        scatter = scatter_of(context, plan(context, space.method.name).spread)
        rows.append(spaces.space_row(context, space.method.name, dim, {**scatter, **pictures[space.name]}))
    return pa.concat_tables([TABLES["spaces"].schema.empty_table(), *rows])


def spread_keys(context: Context) -> list[str]:
    """Keys of how far seeds scatter, of the spaces whose method trains."""
    found = (plan(context, method).spread for method in embedded_methods(context))
    return [key for key in found if key]


def flags(context: Context) -> list[dict[str, str]]:
    """Entities without a vector, once each, and spaces that do not tell subjects from seeds, with the reason."""
    plans = [plan(context, method) for method in embedded_methods(context)]
    keys = {vector.key for owed in plans for vector in owed.vectors if context.parts.has(FLAGS, vector.key)}
    rows = [row for key in sorted(keys) for row in context.parts.read(FLAGS, key).to_pylist()]
    return [
        *{(row["entity_kind"], row["entity"]): row for row in rows}.values(),
        *(row for owed in plans for row in _seeds_flag(context, owed)),
    ]


def _seeds_flag(context: Context, owed: Plan) -> Iterator[dict[str, str]]:
    scatter = scatter_of(context, owed.spread)
    if not separates(scatter):
        reason = (
            f"a subject is no more like itself under another seed ({scatter['seed_cosine']:.2f}) than like another "
            f"subject ({scatter['subject_cosine']:.2f})"
        )
        yield {"entity_kind": "space", "entity": owed.space.name, "reason": reason}
