"""Whether a space tells subjects from seeds: a few subjects, trained again with other orders of the texts.

Part spread/`key` holds one row: how alike a subject is to itself under other seeds, how alike subjects are to
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
from taskatlas.embed.method import Asked, Inputs, unit
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.projection import cosine_error
from taskatlas.hashing import digest
from taskatlas.stages.context import Context
from taskatlas.stages.spaces import Space

SPREAD = "spread"
SPREAD_VERSION = 1
SEEDS = 3
UNKNOWN: dict[str, Any] = {"full_dim": None, "projection_error": None, "seed_cosine": None, "subject_cosine": None}
"""Of a space in closed form, or with too few subjects to compare."""
SCHEMA = pa.schema(
    [
        ("full_dim", pa.int64()),
        ("projection_error", pa.float64()),
        ("seed_cosine", pa.float64()),
        ("subject_cosine", pa.float64()),
    ]
)


def spread_key(context: Context, space: Space, sample: Sequence[str]) -> str | None:
    """Key of a space's spread over the vectors with these keys; None where there is nothing to measure."""
    if not isinstance(space.method, TunedMethod) or len(sample) < 2:
        return None
    return digest("spread", SPREAD_VERSION, context.corpus().origin_id, list(sample))


def measure(
    context: Context, space: Space, key: str, asked: Sequence[Asked], inputs: Inputs, pinned: Mapping[str, Array]
) -> None:
    """Train subjects with three seeds each and keep how far they scatter.

    Args:
        context: the project.
        space: of a method that trains.
        key: of the part.
        asked: two subjects or more; of fewer, nothing is known.
        inputs: the corpus.
        pinned: the space's initialisation, which all seeds share.
    """
    method = space.method
    assert isinstance(method, TunedMethod), "closed forms have no seeds"
    progress.expect("seeds", SEEDS * len(asked), "vectors")
    by_seed: list[list[Array]] = []
    for further in range(SEEDS if len(asked) > 1 else 0):
        shared = method.with_seed(method.tuning.seed + further).share(inputs, pinned)
        by_seed.append([])
        for made in shared.full(asked):
            if made.vector is not None:
                by_seed[-1].append(made.vector)
            progress.advance("seeds")
    alike = {len(found) for found in by_seed} == {len(asked)}
    row = _row(np.asarray(by_seed), method) if alike else UNKNOWN
    context.parts.write(SPREAD, key, pa.Table.from_pylist([row], schema=SCHEMA))


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


def scatter_of(context: Context, key: str | None) -> dict[str, Any]:
    """What was measured: the columns of the table spaces."""
    found: dict[str, Any] = context.parts.read(SPREAD, key).to_pylist()[0] if key else UNKNOWN
    return found


def separates(scatter: Mapping[str, Any]) -> bool:
    """Whether a subject is more like itself under another seed than like another subject, on average; true where it
    was not measured."""
    return scatter["seed_cosine"] is None or scatter["seed_cosine"] > scatter["subject_cosine"]
