"""What is near what: the nearest entities in each space whose vectors have changed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from taskatlas.analyze.similarity import Entity, neighbors
from taskatlas.plan.plan import Plan


def write_neighbors(plan: Plan) -> None:
    """Make part neighbors/`key` of each space, unless it is there."""
    parts, count = plan.project.parts, plan.project.registry.project.neighbors
    for method, key in plan.neighbors.items():
        if not parts.has("neighbors", key):
            vectors, space = plan.vectors[method], plan.spaces[method]
            rows = pa.concat_tables([parts.read("embeddings", vector.key) for vector in vectors])
            entities = [Entity(vector.kind, vector.entity) for vector in vectors]
            matrix = np.stack(rows["vector"].to_numpy())
            parts.write("neighbors", key, neighbors(space.name, method, entities, matrix, count))
