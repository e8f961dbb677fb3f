"""Embed: a vector for every dataset and subject in every space, and the forecasts of every subject's student.

A vector is part embeddings/`key`. Of a subject in a space that forecasts there is also part raw_forecasts/`key`: its
forecast scores before they are calibrated. An entity whose outputs say nothing (the same answer to every text, or
labels that the surrogate reads alike) gets no vector but part flags/`key`, with the reason. So does
a recorded model whose file answers less of the corpus than its card asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import EntityOutputs, Shared, VectorResult
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import SharedStudent
from taskatlas.errors import ModelError
from taskatlas.plan.items import SpaceWork, TextSet, Vector
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import Space, space_of
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import bases, seed_check
from taskatlas.stages.coverage import shortfall
from taskatlas.stages.outputs import dataset_outputs, subject_outputs
from taskatlas.stages.predict import split_of
from taskatlas.stages.raw_forecasts import write_raw_forecasts

SHORTEST = 1e-6
"""Vectors that mean something are 1e-4 long and more; those of equal output texts are rounding, about 1e-8."""
BATCH = 64
"""Subjects at once: their answers and students are in memory together."""


def embed_space(project: Project, work: SpaceWork, device: str) -> dict[str, Any]:
    """Make the vectors of one space that are missing.

    What all subjects share (the encoded corpus, its factorisation, the surrogate that is tuned) is made once.

    Returns:
        The method, how many vectors and flags its space has, and how many were computed.
    """
    space = space_of(project.registry, work.method)
    progress.expect("embed", len(work.vectors), "vectors")
    if work.vectors:
        pinned = bases.pinned_of(project, space)
        _embed_datasets(project, space, work, pinned, device)
        _embed_subjects(project, space, work, pinned, device)
    if work.seed_check:
        _check_seeds(project, space, work, work.seed_check, device)
    flagged = work.flagged + sum(project.parts.has("flags", vector.key) for vector in work.vectors)
    return {
        "method": work.method,
        "vectors": work.total - flagged,
        "flagged": flagged,
        "computed": len(work.vectors),
    }


def _embed_datasets(project: Project, space: Space, work: SpaceWork, pinned: dict[str, Array], device: str) -> None:
    examples = {text_set.name: text_set.examples for text_set in work.text_sets[:-1]}
    for vector in work.vectors:
        if vector.kind == "dataset":
            train = split_of(project, examples[vector.entity], "train")
            outputs = dataset_outputs(project.registry.datasets[vector.entity], train)
            shared = space.method.share(bases.inputs(project, train, device), pinned)
            request = EntityOutputs(outputs, bases.output_vectors(project, outputs.texts, device), is_dataset=True)
            for result in shared.embed_many([request]):
                _write_or_flag(project, space, vector, result, train.num_rows, device)


def _embed_subjects(project: Project, space: Space, work: SpaceWork, pinned: dict[str, Array], device: str) -> None:
    missing = [vector for vector in work.vectors if vector.kind == "subject"]
    if not missing:
        return
    corpus = _corpus(project, work.text_sets)
    ids = corpus["text_id"].to_pylist()
    shares: dict[tuple[int, ...], Shared] = {}
    for start in range(0, len(missing), BATCH):
        students = []
        for answered, batch in _alike(project, missing[start : start + BATCH], ids, device):
            if answered not in shares:
                texts = corpus if len(answered) == len(ids) else corpus.take(list(answered))
                shares = {answered: space.method.share(bases.inputs(project, texts, device), pinned)}
            shared = shares[answered]
            results = shared.embed_many([request for _, request in batch])
            for (vector, request), result in zip(batch, results, strict=True):
                _write_or_flag(project, space, vector, result, len(answered), device)
                if vector.raw_forecasts:
                    student = cast(SharedStudent, shared).student(request.outputs)
                    students.append((project.subjects[vector.entity], vector.raw_forecasts, student))
        write_raw_forecasts(project, students, work.text_sets[:-1], ids, device)


def _corpus(project: Project, text_sets: Sequence[TextSet]) -> pa.Table:
    return project.parts.read("examples", text_sets[-1].examples)


def _alike(
    project: Project, vectors: Sequence[Vector], ids: Sequence[str], device: str
) -> list[tuple[tuple[int, ...], list[tuple[Vector, EntityOutputs]]]]:
    """Subjects by the indices of the corpus texts that they answered; flags those whose answers say nothing."""
    telling = [
        (vector, tuple(answered), outputs)
        for vector in vectors
        for answered, outputs in _outputs_or_flag(project, vector, ids)
    ]
    texts = _output_vectors(project, [outputs for _, _, outputs in telling], device)
    groups: dict[tuple[int, ...], list[tuple[Vector, EntityOutputs]]] = {}
    for vector, answered, outputs in telling:
        request = EntityOutputs(outputs, np.stack([texts[text] for text in outputs.texts]))
        groups.setdefault(answered, []).append((vector, request))
    return list(groups.items())


def _check_seeds(project: Project, space: Space, work: SpaceWork, key: str, device: str) -> None:
    """Try further seeds on a few of the subjects that have a vector."""
    corpus = _corpus(project, work.text_sets)
    ids = corpus["text_id"].to_pylist()
    sample = [vector for vector in work.sample if project.parts.has("embeddings", vector.key)]
    whole = [
        request
        for answered, batch in _alike(project, sample, ids, device)
        if len(answered) == len(ids)
        for _, request in batch
    ]
    pinned = bases.pinned_of(project, space)
    seed_check.measure(project, space, key, whole, bases.inputs(project, corpus, device), pinned)


def _outputs_or_flag(project: Project, vector: Vector, ids: Sequence[str]) -> Iterator[tuple[list[int], Outputs]]:
    """The indices of the corpus texts that a subject answered, and its outputs there; nothing, and a flag with the
    reason, where these are too few or say nothing."""
    assert vector.answers is not None, "a subject's vector has answers"
    answers, subject = project.parts.read("predictions", vector.answers), project.subjects[vector.entity]
    if why := shortfall(subject.model, answers.num_rows, len(ids)):
        _flag(project, vector, why)
        progress.advance("embed")
        return
    try:
        yield subject_outputs(project, subject, answers, ids)
    except ModelError as error:
        _flag(project, vector, error.what)
        progress.advance("embed")


def _flag(project: Project, vector: Vector, reason: str) -> None:
    flag = pa.table({"entity_kind": [vector.kind], "entity": [vector.entity], "reason": [reason]})
    project.parts.write("flags", vector.key, flag)


def _output_vectors(project: Project, outputs: Sequence[Outputs], device: str) -> dict[str, Array]:
    """ψ of every output text of several entities, by text; each is looked up once."""
    texts = sorted({text for each in outputs for text in each.texts})
    return dict(zip(texts, bases.output_vectors(project, texts, device), strict=True)) if texts else {}


def _write_or_flag(project: Project, space: Space, vector: Vector, result: VectorResult, n: int, device: str) -> None:
    """Keep a vector; one of no length is rounding and nothing else, as of labels that the surrogate reads alike."""
    progress.advance("embed")
    if result.vector is None:
        _flag(project, vector, result.reason)
        return
    norm = float(np.linalg.norm(result.vector))
    if norm < SHORTEST:
        _flag(project, vector, f"the {space.method.name} vector has no length: the surrogate reads its outputs alike")
        return
    row = {
        "entity_kind": vector.kind,
        "entity": vector.entity,
        "entity_id": vector.entity_id,
        "method": space.method.name,
        "space": space.name,
        "dim": len(result.vector),
        "vector": (result.vector / norm).astype(np.float32),
        "norm": norm,
        "n": n,
        "seeds": list(result.seeds),
        "config_hash": vector.key,
        "seconds": result.seconds,
        "device": device.partition(":")[0],
    }
    project.parts.write("embeddings", vector.key, pa.Table.from_pylist([row], schema=TABLES["embeddings"].schema))
