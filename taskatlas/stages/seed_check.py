"""Whether a space tells subjects from seeds: a few subjects, trained again with other orders of the texts.

Part seed_checks/`key` holds one row: how alike a subject is to itself under other seeds, how alike subjects are to
each other, and what the projection of long vectors costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import EntityOutputs, Inputs, unit
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.projection import cosine_error
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import Space
from taskatlas.schemas.parts import SEED_CHECKS

SEEDS = 3
UNKNOWN: dict[str, Any] = dict.fromkeys(SEED_CHECKS.names)
"""Of a space in closed form, or with too few subjects to compare."""


def measure(
    project: Project,
    space: Space,
    key: str,
    requests: Sequence[EntityOutputs],
    inputs: Inputs,
    pinned: Mapping[str, Array],
) -> None:
    """Train subjects with three seeds each and keep how far they scatter.

    Args:
        project: the project.
        space: of a method that trains.
        key: of the part.
        requests: two subjects or more; of fewer, nothing is known.
        inputs: the corpus.
        pinned: the space's initialisation, which all seeds share.
    """
    method = space.method
    assert isinstance(method, TunedMethod), "closed forms have no seeds"
    progress.expect("seeds", SEEDS * len(requests), "vectors")
    by_seed: list[list[Array]] = []
    for further in range(SEEDS if len(requests) > 1 else 0):
        shared = method.with_seed(method.tuning.seed + further).share(inputs, pinned)
        by_seed.append([])
        for result in shared.full_vectors(requests):
            if result.vector is not None:
                by_seed[-1].append(result.vector)
            progress.advance("seeds")
    alike = {len(vectors) for vectors in by_seed} == {len(requests)}
    row = _row(np.asarray(by_seed), method) if alike else UNKNOWN
    project.parts.write("seed_checks", key, pa.Table.from_pylist([row], schema=SEED_CHECKS))


def _row(vectors: Array, method: TunedMethod) -> dict[str, Any]:
    """The row of vectors [seeds, subjects, dim]."""
    scaled = unit(vectors)
    seeds, subjects = (list(combinations(range(count), 2)) for count in vectors.shape[:2])
    within = [np.einsum("sd,sd->s", scaled[one], scaled[other]) for one, other in seeds]
    between = [np.einsum("sd,sd->s", scaled[:, one], scaled[:, other]) for one, other in subjects]
    return {
        "full_dim": vectors.shape[2],
        "projection_error": cosine_error([*vectors[0]], method.tuning),
        "seed_cosine": float(np.mean(within)),
        "subject_cosine": float(np.mean(between)),
    }


def seed_checks_of(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what was measured, by method: columns of the table spaces, all null where nothing was."""
    return {method: _seed_check(plan.project, plan.space_plan(method).seed_check) for method in plan.methods}


def _seed_check(project: Project, key: str | None) -> dict[str, Any]:
    row: dict[str, Any] = project.parts.read("seed_checks", key).to_pylist()[0] if key else UNKNOWN
    return row


def separates(check: Mapping[str, Any]) -> bool:
    """Return whether a subject is more like itself under another seed than like another subject, on average.

    True where that was not measured.
    """
    return check["seed_cosine"] is None or check["seed_cosine"] > check["subject_cosine"]
