"""Draws of the corpus: what students expect, and where vectors lie, by a part of its texts.

Nothing is asked or encoded anew: the answers are there, and so are the features. `MOST` bounds what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.cards.labels import label_positions
from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.forecast import drawn_answers
from taskatlas.embed.method import ClosedForm, unit
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import SharedStudent, Student, scaled
from taskatlas.errors import ModelError
from taskatlas.hashing import digest
from taskatlas.plan.answers import label_indices
from taskatlas.plan.items import BenchmarkWork, TextSet
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.stages import bases
from taskatlas.stages.outputs import subject_outputs
from taskatlas.stages.questions.stability import DRAWS, PARTS, Drawn
from taskatlas.stages.raw_forecasts import labelled, unseen

MOST = 24
"""Datasets, and subjects of each, that are looked at: those whose names' hashes come first."""
FEWEST_TEXTS = 20
"""Of a part of the corpus; with fewer nothing is drawn."""
Ints = npt.NDArray[np.int64]
Pairs = Mapping[tuple[str, str], float]
Cosines = dict[str, tuple[float, float]]
"""Subject → cosine of its vector by a part with its own, and the mean with another subject's."""


class _Space(NamedTuple):
    """A space in closed form: its name, its method, its basis, and the vectors of subjects in it, float32 [dim]."""

    name: str
    method: ClosedForm
    basis: Basis
    vectors: dict[str, Array]


class _Subjects(NamedTuple):
    """Subjects: their outputs on the whole corpus, and ψ of every output text, float32 [d]."""

    outputs: dict[str, Outputs]
    psi: dict[str, Array]


def draws(project: Project, work: BenchmarkWork, students: Pairs) -> list[Drawn]:
    """Draw parts of the corpus, and say what they say.

    Args:
        project: the project.
        work: what the stage is handed.
        students: (subject, dataset) → the accuracy that the student of the whole corpus expects.
    """
    corpus = project.parts.read("examples", work.text_sets[-1].examples)
    parts = [(part, rows) for part, times in PARTS.items() for rows in _rows(corpus.num_rows, times)]
    asked, ids = _asked(students), corpus["text_id"].to_pylist()
    subjects = _subjects(project, work, asked, ids) if parts else _Subjects({}, {})
    spaces = _spaces(project, work, subjects)
    if not subjects.outputs or not spaces:
        return []
    features = bases.features(project, corpus, "cpu")
    found = [_by_part(spaces, subjects, features[rows], rows) for _, rows in parts]
    expected = _expected(project, work.text_sets[:-1], asked, [fitted for _, fitted in found], ids)
    return [Drawn(part, expected[place], found[place][0]) for place, (part, _) in enumerate(parts)]


def _rows(texts: int, times: int) -> list[Ints]:
    """Draws of one of so many parts of the corpus, as indices in order."""
    if texts // times < FEWEST_TEXTS:
        return []
    random = [np.random.default_rng([times, seed]) for seed in range(DRAWS)]
    return [np.sort(each.permutation(texts)[: texts // times]) for each in random]


def _asked(students: Pairs) -> dict[str, list[str]]:
    """Dataset → subjects, at most `MOST` each."""
    by_dataset: dict[str, list[str]] = {}
    for subject, dataset in students:
        by_dataset.setdefault(dataset, []).append(subject)
    return {dataset: _first(by_dataset[dataset]) for dataset in _first(by_dataset)}


def _first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=partial(digest, "stability"))[:MOST]


def _subjects(
    project: Project, work: BenchmarkWork, asked: Mapping[str, Sequence[str]], ids: Sequence[str]
) -> _Subjects:
    """Those that are asked about, or else the first ones, which answered the whole corpus and say something there."""
    keys = {vector.entity: vector.answers for of in work.vectors.values() for vector in of if vector.answers}
    names = dict.fromkeys(subject for subjects in asked.values() for subject in subjects)
    outputs = {}
    for name in names or _first(keys):
        with suppress(ModelError):  # the same answer everywhere
            answers = project.parts.read("predictions", keys[name])
            answered, found = subject_outputs(project, project.subjects[name], answers, ids)
            if len(answered) == len(ids):
                outputs[name] = found
    texts = sorted({text for found in outputs.values() for text in found.texts})
    vectors = bases.output_vectors(project, texts, "cpu") if texts else ()
    return _Subjects(outputs, dict(zip(texts, vectors, strict=True)))


def _spaces(project: Project, work: BenchmarkWork, subjects: _Subjects) -> list[_Space]:
    spaces = []
    for name, vectors in work.vectors.items():
        space = space_of(project.registry, name)
        if isinstance(space.method, ClosedForm) and space.method.reads_outputs:
            keys = {vector.entity: vector.key for vector in vectors if vector.entity in subjects.outputs}
            own = {entity: _vector(project, key) for entity, key in keys.items()}
            spaces.append(_Space(name, space.method, Basis.from_arrays(bases.pinned_of(project, space)), own))
    return spaces


def _vector(project: Project, key: str) -> Array:
    return np.asarray(project.parts.read("embeddings", key)["vector"][0].as_py(), np.float32)


def _by_part(
    spaces: Sequence[_Space], subjects: _Subjects, features: Array, rows: Ints
) -> tuple[dict[str, Cosines], dict[str, Student]]:
    """Method → cosines of subjects' vectors; and the students of the space that makes some."""
    outputs = {name: whole.subset(rows) for name, whole in subjects.outputs.items()}
    cosines: dict[str, Cosines] = {}
    students: dict[str, Student] = {}
    for space, method, basis, own in spaces:
        shared = method.fit(features, basis)
        vectors = {
            name: shared.embed(outputs[name], np.stack([subjects.psi[text] for text in outputs[name].texts]))
            for name in own
        }
        if len(own) > 1:
            cosines[space] = _alike(vectors, own)
        if isinstance(shared, SharedStudent):
            students = dict(zip(outputs, shared.students([*outputs.values()]), strict=True))
    return cosines, students


def _alike(vectors: Mapping[str, Array], own: Mapping[str, Array]) -> Cosines:
    similar = unit(np.stack([vectors[name] for name in own])) @ unit(np.stack([*own.values()])).T
    others = (similar.sum(axis=1) - similar.diagonal()) / (len(own) - 1)
    return {name: (float(similar[row, row]), float(others[row])) for row, name in enumerate(own)}


def _expected(
    project: Project,
    datasets: Sequence[TextSet],
    asked: Mapping[str, Sequence[str]],
    fitted: Sequence[Mapping[str, Student]],
    ids: Sequence[str],
) -> list[dict[str, dict[str, float]]]:
    """Per draw, dataset → subject → the accuracy that its student expects."""
    expected: list[dict[str, dict[str, float]]] = [{} for _ in fitted]
    for text_set in datasets:
        if text_set.name in asked:
            train, features = labelled(project, text_set, ids, "cpu")
            inputs = scaled(features)
            for of_draw, students in zip(expected, fitted, strict=True):
                subjects = [name for name in asked[text_set.name] if name in students]
                of_draw[text_set.name] = {
                    name: _accuracy(project, text_set.name, name, students[name], train, inputs) for name in subjects
                }
    return expected


def _accuracy(project: Project, dataset: str, subject: str, student: Student, train: pa.Table, inputs: Array) -> float:
    card, asked = project.registry.datasets[dataset], project.subjects[subject]
    mask = unseen(asked, card, train)
    labels = label_positions(train.filter(pa.array(mask))["label"].to_pylist(), card.class_labels)
    indices = label_indices(card, asked, student.outputs.texts)
    assert indices is not None, "only subjects that were forecast come here"
    answers = drawn_answers(student, student.read(inputs[mask]), labels, indices)
    return float(np.mean(answers == labels))
