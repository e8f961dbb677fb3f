"""Embed: a vector for every dataset and subject in every space, and the forecasts of every subject's student.

The unit of work is one vector: part embeddings/`key`. Of a subject in the student space there is also part
students/`key`: its forecast scores before they are calibrated. An entity whose outputs say nothing (the same answer to
every text, or labels that the surrogate reads alike) gets no vector but part flags/`key`, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.tables import TABLES
from taskatlas import progress
from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.method import Shared
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import SharedStudent
from taskatlas.errors import ModelError
from taskatlas.hashing import digest, digest_set
from taskatlas.registry import Subject
from taskatlas.stages import spaces
from taskatlas.stages.context import Context
from taskatlas.stages.outputs import dataset_outputs, subject_outputs
from taskatlas.stages.predict import split_of, units
from taskatlas.stages.spaces import Space
from taskatlas.stages.students import STUDENTS, students_key, write_students

EMBED_VERSION = 1
FLAGS = "flags"
SHORTEST = 1e-6
"""Vectors that mean something are 1e-4 long and more; those of equal output texts are rounding, about 1e-8."""
BATCH = 64
"""Subjects at once: their answers and students are in memory together."""


@dataclass(frozen=True)
class Vector:
    """One vector that a space owes.

    Attributes:
        key: content hash of all that the vector depends on.
        students: key of the subject's part of forecasts; None for datasets and in other spaces.
        answers: key of the subject's answers to the corpus; None for datasets.
    """

    kind: str
    entity: str
    entity_id: str
    key: str
    students: str | None = None
    answers: str | None = None
    subject: Subject | None = None


@dataclass(frozen=True)
class Plan:
    """All vectors that a space owes, and those that are missing."""

    space: Space
    vectors: tuple[Vector, ...]
    todo: tuple[Vector, ...]

    @property
    def key(self) -> str:
        """Key of the whole work."""
        return digest_set(key for vector in self.vectors for key in (vector.key, vector.students) if key)


def plan(context: Context, method: str) -> Plan:
    """What a method's space owes. Its basis must be pinned."""
    space = spaces.space_of(context, method)
    vectors = (*_datasets(context, space), *_subjects(context, space))
    todo = tuple(vector for vector in vectors if not _done(context, vector))
    return Plan(space, vectors, todo)


def _done(context: Context, vector: Vector) -> bool:
    if context.parts.has(FLAGS, vector.key):
        return True
    has_students = vector.students is None or context.parts.has(STUDENTS, vector.students)
    return has_students and context.parts.has("embeddings", vector.key)


def _datasets(context: Context, space: Space) -> Iterator[Vector]:
    pinned = spaces.basis_id(context, space)
    for name, origin in context.datasets().items():
        key = digest("embedding", EMBED_VERSION, space.space_id, pinned, "dataset", name, origin.origin_id)
        yield Vector("dataset", name, origin.origin_id, key)


def _subjects(context: Context, space: Space) -> Iterator[Vector]:
    if not space.method.reads_outputs:
        return  # all subjects answer the same texts, so all would get the same vector
    pinned = spaces.basis_id(context, space)
    for unit in units(context):
        if unit.origin.kind == "corpus":
            key = digest("embedding", EMBED_VERSION, space.space_id, pinned, "subject", unit.key)
            students = students_key(context, unit.subject, key) if space.method.name == "student" else None
            yield Vector("subject", unit.subject.name, unit.subject_id, key, students, unit.key, unit.subject)


def embed_method(context: Context, method: str, device: str) -> dict[str, Any]:
    """Make the vectors of one space that are missing.

    The corpus is encoded and factorised once; each subject then costs a matrix product or a triangular solve.
    """
    owed = plan(context, method)
    progress.expect("embed", len(owed.todo), "vectors")
    if owed.todo:
        basis = spaces.basis_of(context, owed.space)
        _embed_datasets(context, owed, basis, device)
        _embed_subjects(context, owed, basis, device)
    flagged = sum(context.parts.has(FLAGS, vector.key) for vector in owed.vectors)
    return {"method": method, "vectors": len(owed.vectors) - flagged, "flagged": flagged, "computed": len(owed.todo)}


def _embed_datasets(context: Context, owed: Plan, basis: Basis, device: str) -> None:
    for vector in owed.todo:
        if vector.kind == "dataset":
            train = split_of(context, context.datasets()[vector.entity], "train")
            outputs = dataset_outputs(context.registry.datasets[vector.entity], train)
            fitted = owed.space.method.fit(spaces.features(context, train, device), basis)
            texts = spaces.output_vectors(context, outputs.texts, device)
            _write_or_flag(context, owed.space, vector, _timed(fitted, outputs, texts), len(train), device)
            progress.advance("embed")


def _embed_subjects(context: Context, owed: Plan, basis: Basis, device: str) -> None:
    todo = [vector for vector in owed.todo if vector.kind == "subject"]
    if not todo:
        return
    corpus = context.parts.read("examples", context.corpus().examples)
    features = spaces.features(context, corpus, device)
    shared = owed.space.method.fit(features, basis)
    ids = corpus["text_id"].to_pylist()
    for start in range(0, len(todo), BATCH):
        batch = [
            (vector, answered, outputs)
            for vector in todo[start : start + BATCH]
            for answered, outputs in _outputs_or_flag(context, vector, ids)
        ]
        texts = _output_vectors(context, [outputs for _, _, outputs in batch], device)
        students = []
        for vector, answered, outputs in batch:
            fitted = shared if len(answered) == len(ids) else owed.space.method.fit(features[answered], basis)
            known = np.stack([texts[text] for text in outputs.texts])
            _write_or_flag(context, owed.space, vector, _timed(fitted, outputs, known), len(answered), device)
            if vector.students and vector.subject and isinstance(fitted, SharedStudent):
                students.append((vector.subject, vector.students, fitted.student(outputs)))
            progress.advance("embed")
        write_students(context, students, ids, device)


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


def _timed(fitted: Shared, outputs: Outputs, texts: Array) -> tuple[Array, float]:
    """A vector and the seconds that it took, without the work that all entities share."""
    began = time.perf_counter()
    vector = fitted.embed(outputs, texts)
    return vector, time.perf_counter() - began


def _write_or_flag(
    context: Context, space: Space, vector: Vector, made: tuple[Array, float], n: int, device: str
) -> None:
    """Keep a vector; one of no length is rounding and nothing else, as of labels that the surrogate reads alike."""
    values, seconds = made
    norm = float(np.linalg.norm(values))
    if norm < SHORTEST:
        _flag(context, vector, f"the {space.method.name} vector has no length: the surrogate reads its outputs alike")
        return
    row = {
        "entity_kind": vector.kind,
        "entity": vector.entity,
        "entity_id": vector.entity_id,
        "method": space.method.name,
        "space": space.name,
        "dim": len(values),
        "vector": (values / norm).astype(np.float32),
        "norm": norm,
        "n": n,
        "seeds": [],
        "config_hash": vector.key,
        "seconds": seconds,
        "device": device.partition(":")[0],
    }
    context.parts.write("embeddings", vector.key, pa.Table.from_pylist([row], schema=TABLES["embeddings"].schema))
