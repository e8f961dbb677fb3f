"""Embed: a vector for every dataset and subject in every space, and the forecasts of every subject's student.

The unit of work is one vector: part embeddings/`key`. Of a subject in the student space there is also part
students/`key`: its forecast scores before they are calibrated. An entity whose outputs say nothing (the same answer to
every text, or labels that the surrogate reads alike) gets no vector but part flags/`key`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import Asked, Made, Shared
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import SharedStudent
from taskatlas.errors import ModelError
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import spaces, spread
from taskatlas.stages.context import Context
from taskatlas.stages.outputs import dataset_outputs, subject_outputs
from taskatlas.stages.owed import FLAGS, Plan, Vector, plan, sample_of
from taskatlas.stages.predict import split_of
from taskatlas.stages.spaces import Space
from taskatlas.stages.students import write_students

SHORTEST = 1e-6
"""Vectors that mean something are 1e-4 long and more; those of equal output texts are rounding, about 1e-8."""
BATCH = 64
"""Subjects at once: their answers and students are in memory together."""


def embed_method(context: Context, method: str, device: str) -> dict[str, Any]:
    """Make the vectors of one space that are missing.

    What all subjects share (the encoded corpus, its factorisation, the surrogate that is tuned) is made once.
    """
    owed = plan(context, method)
    progress.expect("embed", len(owed.todo), "vectors")
    if owed.todo:
        pinned = spaces.pinned_of(context, owed.space)
        _embed_datasets(context, owed, pinned, device)
        _embed_subjects(context, owed, pinned, device)
    if owed.spread and owed.unmeasured:
        _measure_spread(context, owed, owed.spread, device)
    flagged = sum(context.parts.has(FLAGS, vector.key) for vector in owed.vectors)
    return {"method": method, "vectors": len(owed.vectors) - flagged, "flagged": flagged, "computed": len(owed.todo)}


def _embed_datasets(context: Context, owed: Plan, pinned: dict[str, Array], device: str) -> None:
    for vector in owed.todo:
        if vector.kind == "dataset":
            train = split_of(context, context.datasets()[vector.entity], "train")
            outputs = dataset_outputs(context.registry.datasets[vector.entity], train)
            shared = owed.space.method.share(spaces.inputs(context, train, device), pinned)
            asked = Asked(outputs, spaces.output_vectors(context, outputs.texts, device), is_dataset=True)
            for made in shared.embed_many([asked]):
                _write_or_flag(context, owed.space, vector, made, train.num_rows, device)


def _embed_subjects(context: Context, owed: Plan, pinned: dict[str, Array], device: str) -> None:
    todo = [vector for vector in owed.todo if vector.kind == "subject"]
    if not todo:
        return
    corpus = context.parts.read("examples", context.corpus().examples)
    ids = corpus["text_id"].to_pylist()
    shares: dict[tuple[int, ...], Shared] = {}
    for start in range(0, len(todo), BATCH):
        students = []
        for answered, batch in _alike(context, todo[start : start + BATCH], ids, device):
            if answered not in shares:
                some = corpus if len(answered) == len(ids) else corpus.take(list(answered))
                shares = {answered: owed.space.method.share(spaces.inputs(context, some, device), pinned)}
            shared = shares[answered]
            made_of = shared.embed_many([asked for _, asked in batch])
            for (vector, asked), made in zip(batch, made_of, strict=True):
                _write_or_flag(context, owed.space, vector, made, len(answered), device)
                if vector.students and vector.subject and isinstance(shared, SharedStudent):
                    students.append((vector.subject, vector.students, shared.student(asked.outputs)))
        write_students(context, students, ids, device)


def _alike(
    context: Context, todo: Sequence[Vector], ids: Sequence[str], device: str
) -> list[tuple[tuple[int, ...], list[tuple[Vector, Asked]]]]:
    """Subjects by the places of the corpus texts that they answered; flags those whose answers say nothing."""
    found = [
        (vector, tuple(answered), outputs)
        for vector in todo
        for answered, outputs in _outputs_or_flag(context, vector, ids)
    ]
    texts = _output_vectors(context, [outputs for _, _, outputs in found], device)
    groups: dict[tuple[int, ...], list[tuple[Vector, Asked]]] = {}
    for vector, answered, outputs in found:
        asked = Asked(outputs, np.stack([texts[text] for text in outputs.texts]))
        groups.setdefault(answered, []).append((vector, asked))
    return list(groups.items())


def _measure_spread(context: Context, owed: Plan, key: str, device: str) -> None:
    """Try further seeds on a few of the subjects that have a vector."""
    corpus = context.parts.read("examples", context.corpus().examples)
    ids = corpus["text_id"].to_pylist()
    sample = [v for v in sample_of(context, owed.vectors) if context.parts.has("embeddings", v.key)]
    whole = [
        asked
        for answered, batch in _alike(context, sample, ids, device)
        if len(answered) == len(ids)
        for _, asked in batch
    ]
    pinned = spaces.pinned_of(context, owed.space)
    spread.measure(context, owed.space, key, whole, spaces.inputs(context, corpus, device), pinned)


def _outputs_or_flag(context: Context, vector: Vector, ids: Sequence[str]) -> Iterator[tuple[list[int], Outputs]]:
    """The places of the corpus texts that a subject answered, and its outputs there; nothing, and a flag with the
    reason, where they say nothing."""
    assert vector.answers is not None, "a subject's vector has answers"
    assert vector.subject is not None, "and a subject"
    try:
        yield subject_outputs(context, vector.subject, context.parts.read("predictions", vector.answers), ids)
    except ModelError as error:
        _flag(context, vector, error.what)
        progress.advance("embed")


def _flag(context: Context, vector: Vector, reason: str) -> None:
    flag = pa.table({"entity_kind": [vector.kind], "entity": [vector.entity], "reason": [reason]})
    context.parts.write(FLAGS, vector.key, flag)


def _output_vectors(context: Context, outputs: Sequence[Outputs], device: str) -> dict[str, Array]:
    """ψ of every output text of several entities, by text; each is looked up once."""
    texts = sorted({text for each in outputs for text in each.texts})
    return dict(zip(texts, spaces.output_vectors(context, texts, device), strict=True)) if texts else {}


def _write_or_flag(context: Context, space: Space, vector: Vector, made: Made, n: int, device: str) -> None:
    """Keep a vector; one of no length is rounding and nothing else, as of labels that the surrogate reads alike."""
    progress.advance("embed")
    if made.vector is None:
        _flag(context, vector, made.reason)
        return
    norm = float(np.linalg.norm(made.vector))
    if norm < SHORTEST:
        _flag(context, vector, f"the {space.method.name} vector has no length: the surrogate reads its outputs alike")
        return
    row = {
        "entity_kind": vector.kind,
        "entity": vector.entity,
        "entity_id": vector.entity_id,
        "method": space.method.name,
        "space": space.name,
        "dim": len(made.vector),
        "vector": (made.vector / norm).astype(np.float32),
        "norm": norm,
        "n": n,
        "seeds": list(made.seeds),
        "config_hash": vector.key,
        "seconds": made.seconds,
        "device": device.partition(":")[0],
    }
    context.parts.write("embeddings", vector.key, pa.Table.from_pylist([row], schema=TABLES["embeddings"].schema))
