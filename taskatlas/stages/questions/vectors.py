"""The vectors of a project as the questions want them: by space, and how near they are to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from taskatlas.analyze.similarity import Floats, cosines
from taskatlas.embed import METHODS, Options
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project

Pair = tuple[str, str]


class Vectors(NamedTuple):
    """All entities of a kind in one space: its method, their names, and their vectors, float32 [N, dim]."""

    method: str
    names: list[str]
    vectors: Floats


def vectors_of(project: Project, work: BenchmarkWork, kind: str) -> Iterator[Vectors]:
    """Yield the vectors of all datasets, or all subjects, in each space that has some."""
    for method, of_space in work.vectors.items():
        if vectors := [vector for vector in of_space if vector.kind == kind]:
            rows = pa.concat_tables([project.parts.read("embeddings", vector.key) for vector in vectors])
            yield Vectors(method, [vector.entity for vector in vectors], np.stack(rows["vector"].to_numpy()))


def labels_seen(method: str) -> str:
    """Return which labels of a dataset its vector is made from."""
    return "train split" if METHODS[method](Options()).reads_outputs else "none"


def nearness(of: Sequence[Vectors], others: Sequence[Vectors]) -> dict[str, dict[Pair, float]]:
    """Return, for each space that has both, the cosine of every two entities by their names."""
    by_method = {each.method: each for each in others}
    near: dict[str, dict[Pair, float]] = {}
    for method, names, vectors in of:
        if method in by_method:
            other = by_method[method]
            similar = cosines(vectors, other.vectors).tolist()
            near[method] = {
                (name, known): similar[row][column]
                for row, name in enumerate(names)
                for column, known in enumerate(other.names)
            }
    return near
