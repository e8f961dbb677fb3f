"""Fit the students of a release's subjects anew, from the answers that were published.

They are small: of a student of C output texts its weights (4 · C bytes per feature: 32 kB for three classes in
all-MiniLM-L6-v2) and the residuals that forecasts draw. Answers are read and fitted in batches of subjects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.advice.cards import Mappings
from taskatlas.advice.released import OwnSpace, Released
from taskatlas.cards.labels import folded, map_labels
from taskatlas.embed.basis import Array
from taskatlas.embed.forecast import thinned
from taskatlas.embed.outputs import POLES, Outputs, from_answers
from taskatlas.embed.student import SharedStudent, Student
from taskatlas.errors import ModelError

BATCH = 128
"""Subjects that are fitted together at most."""
MOST_OUTPUTS = 100
"""A subject that answers freely with more different texts than this has no student: no label stands for them."""
MOST_CLASSES = 300
"""A subject of more classes has none, either: all students are in memory together, and in all-MiniLM-L6-v2 that of 300
classes takes 3 MB, as much as those of a hundred subjects of three."""
COLUMNS = BATCH * MOST_OUTPUTS
"""Output texts of the subjects that are read and fitted together: 140 MB of weights in all-MiniLM-L6-v2."""
_T = TypeVar("_T")

_SUBJECTS = 'SELECT subject, model, prompt, output_kind, labels FROM "subjects@" ORDER BY subject'
_ANSWERS = """
WITH corpus AS (SELECT unnest($ids::VARCHAR[]) AS text_id, generate_subscripts($ids::VARCHAR[], 1) - 1 AS position)
SELECT p.subject, c.position, p.output, p.label, p.value, p.probabilities
FROM "predictions@" AS p JOIN corpus AS c ON p.text_id = c.text_id
WHERE p.subject IN (SELECT unnest($subjects::VARCHAR[]))
ORDER BY p.subject, c.position
"""


@dataclass(frozen=True)
class SubjectStudent:
    """The student of one subject of a release.

    Attributes:
        subject: name of the subject.
        model: name of the subject's model.
        prompt: name of the subject's prompt; None without.
        student: thinned to what forecasts draw.
        mappings: of the subject's labels to those of datasets that name them differently.
    """

    subject: str
    model: str
    prompt: str | None
    student: Student
    mappings: Mappings

    def classes_of_outputs(self, classes: Sequence[str]) -> npt.NDArray[np.int64] | None:
        """Return the index of the class that each output text stands for, int64 [C]; see `labels.map_labels`.

        Where the classes are the labels of a dataset, the subject's mapping to that dataset is tried first.

        Returns:
            None where the output texts do not stand for all classes, or are numbers.
        """
        outputs = self.student.outputs
        if outputs.numeric:
            return None
        candidates = (*self.mappings.get(frozenset(map(folded, classes)), ()), None)
        indices = (map_labels(outputs.texts, classes, mapping) for mapping in candidates)
        return next((mapped for mapped in indices if mapped is not None), None)


def fit_students(
    released: Released, space: OwnSpace, ids: Sequence[str], features: Array, mappings: Mapping[str, Mappings]
) -> tuple[dict[str, SubjectStudent], dict[str, str]]:
    """Fit the students of all subjects of a release.

    Args:
        released: the release.
        space: its space of students.
        ids: text_ids of the corpus, in its order.
        features: of these texts, float32 [n, L, d].
        mappings: of subjects, from `cards.mappings`.

    Returns:
        Students by subject, and the reason by subject of those that have none.

    Raises:
        StoreError: the release cannot be read.
    """
    subjects = {row["subject"]: row for row in released.sql(_SUBJECTS).to_pylist()}
    whole = tuple(range(len(ids)))
    shares = {whole: _share(space, features)}
    fitted: dict[str, SubjectStudent] = {}
    left_out = {name: _reason(row) for name, row in subjects.items()}
    fitting = [name for name, row in subjects.items() if len(row["labels"]) <= MOST_CLASSES]
    for batch in batches(fitting, lambda name: _width(subjects[name])):
        answers = _answers(released, batch, ids)
        for answered, outputs in _by_texts_answered(subjects, answers, left_out).items():
            if answered not in shares:  # beside the whole corpus, only the last set of texts is kept
                shares = {whole: shares[whole], answered: _share(space, features[list(answered)])}
            students = shares[answered].students(list(outputs.values()))
            for name, student in zip(outputs, students, strict=True):
                row, own_mappings = subjects[name], mappings.get(name, {})
                fitted[name] = SubjectStudent(name, row["model"], row["prompt"], thinned(student), own_mappings)
    return fitted, left_out


def batches(items: Iterable[_T], width: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Yield items in their order, at most BATCH together, with a total width of COLUMNS or less unless one is wider."""
    batch: list[_T] = []
    total = 0
    for item in items:
        if batch and (len(batch) == BATCH or total + width(item) > COLUMNS):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += width(item)
    if batch:
        yield batch


def _width(subject: Mapping[str, Any]) -> int:
    """Return how many output texts a subject has at most."""
    return MOST_OUTPUTS if subject["output_kind"] == "text" else max(len(subject["labels"]), len(POLES))


def _reason(subject: Mapping[str, Any]) -> str:
    """Return why a subject has no student, as far as is known before its answers are read."""
    classes = len(subject["labels"])
    if classes > MOST_CLASSES:
        return f"its {classes:,} classes are more than the {MOST_CLASSES} that a student is kept for"
    return "it answered next to nothing of the corpus"


def _share(space: OwnSpace, features: Array) -> SharedStudent:
    shared = space.method.fit(features, space.basis)
    assert isinstance(shared, SharedStudent), "it is the space of students"
    return shared


def _by_texts_answered(
    subjects: Mapping[str, Mapping[str, Any]], answers: Iterable[tuple[str, pa.Table]], left_out: dict[str, str]
) -> dict[tuple[int, ...], dict[str, Outputs]]:
    """Group outputs of subjects by the positions in the corpus of the texts that they answered. A subject that can have
    no student gets its reason in `left_out`; the others are taken from there."""
    groups: dict[tuple[int, ...], dict[str, Outputs]] = {}
    for name, rows in answers:
        try:
            outputs = from_answers(rows, subjects[name]["output_kind"], subjects[name]["labels"])
        except ModelError as error:
            left_out[name] = error.what
            continue
        if outputs.free and len(outputs.texts) > MOST_OUTPUTS:
            left_out[name] = "it answers freely"
            continue
        del left_out[name]
        groups.setdefault(tuple(rows["position"].to_pylist()), {})[name] = outputs
    return groups


def _answers(released: Released, subjects: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the answers of every subject that gave two or more, by their position in the corpus, which they hold."""
    rows = released.sql(_ANSWERS, {"ids": list(ids), "subjects": list(subjects)}).combine_chunks()
    names = rows["subject"].to_numpy(zero_copy_only=False)
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    for first, end in pairwise([*([0] if len(names) else []), *changes.tolist(), len(names)]):
        if end - first > 1:
            yield str(names[first]), rows.slice(first, end - first)
