"""Stand-ins: the students of a release's subjects, fitted anew from the answers that were published.

They are small: of a student of C output texts its weights (4 · C bytes per feature: 32 kB for three classes in
all-MiniLM-L6-v2) and the residuals that forecasts draw. Answers are read and fitted some subjects at a time.
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
MOST_SAID = 100
"""A subject that answers freely and said more different things than this has no stand-in: no label stands for them."""
MOST_CLASSES = 300
"""A subject of more classes has none, either: all stand-ins are in memory together, and in all-MiniLM-L6-v2 that of
300 classes takes 3 MB, as much as those of a hundred subjects of three."""
COLUMNS = BATCH * MOST_SAID
"""Output texts of the subjects that are read and fitted together: 140 MB of weights in all-MiniLM-L6-v2."""
_T = TypeVar("_T")

_SUBJECTS = 'SELECT subject, model, prompt, output_kind, labels FROM "subjects@" ORDER BY subject'
_ANSWERS = """
WITH corpus AS (SELECT unnest($ids::VARCHAR[]) AS text_id, generate_subscripts($ids::VARCHAR[], 1) - 1 AS place)
SELECT p.subject, c.place, p.output, p.label, p.value, p.probabilities
FROM "predictions@" AS p JOIN corpus AS c ON p.text_id = c.text_id
WHERE p.subject IN (SELECT unnest($subjects::VARCHAR[]))
ORDER BY p.subject, c.place
"""


@dataclass(frozen=True)
class StandIn:
    """A subject's student.

    Attributes:
        subject: its name.
        model: name of its model.
        prompt: name of its prompt; None without.
        student: without what no forecast draws.
        mappings: how its labels lead to those of datasets where they are named differently.
    """

    subject: str
    model: str
    prompt: str | None
    student: Student
    mappings: Mappings

    def mapped(self, classes: Sequence[str]) -> npt.NDArray[np.int64] | None:
        """The class that each output text stands for; see `labels.map_labels`. None of numbers.

        Classes that are the labels of a dataset are reached as they are there.
        """
        outputs = self.student.outputs
        if outputs.numeric:
            return None
        ways = (*self.mappings.get(frozenset(map(folded, classes)), ()), None)
        found = (map_labels(outputs.texts, classes, way) for way in ways)
        return next((places for places in found if places is not None), None)


def stand_ins(
    released: Released, space: OwnSpace, ids: Sequence[str], features: Array, mappings: Mapping[str, Mappings]
) -> tuple[dict[str, StandIn], dict[str, str]]:
    """The stand-ins of all subjects of a release.

    Args:
        released: the release.
        space: its student space.
        ids: text_ids of the corpus, in its order.
        features: of these texts, float32 [n, L, d].
        mappings: of subjects, from `cards.mappings`.

    Returns:
        Stand-ins by subject, and the subjects that have none with the reason.

    Raises:
        StoreError: the release cannot be read.
    """
    subjects = {row["subject"]: row for row in released.sql(_SUBJECTS).to_pylist()}
    whole = tuple(range(len(ids)))
    shares = {whole: _share(space, features)}
    found: dict[str, StandIn] = {}
    left_out = {name: _reason(row) for name, row in subjects.items()}
    kept = [name for name, row in subjects.items() if len(row["labels"]) <= MOST_CLASSES]
    for batch in batches(kept, lambda name: _width(subjects[name])):
        some = _answers(released, batch, ids)
        for answered, outputs in _alike(subjects, some, left_out).items():
            if answered not in shares:  # of the sets of texts that some left out, only the last is kept
                shares = {whole: shares[whole], answered: _share(space, features[list(answered)])}
            students = shares[answered].students(list(outputs.values()))
            for name, student in zip(outputs, students, strict=True):
                about = subjects[name]
                ways = mappings.get(name, {})
                found[name] = StandIn(name, about["model"], about["prompt"], thinned(student), ways)
    return found, left_out


def batches(items: Iterable[_T], width: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Items in their order, at most BATCH together, whose widths are at most COLUMNS together unless one is wider."""
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
    """How many output texts a subject has at most."""
    return MOST_SAID if subject["output_kind"] == "text" else max(len(subject["labels"]), len(POLES))


def _reason(subject: Mapping[str, Any]) -> str:
    """Why a subject has no stand-in, as far as is known before its answers are read."""
    classes = len(subject["labels"])
    if classes > MOST_CLASSES:
        return f"its {classes:,} classes are more than the {MOST_CLASSES} that a stand-in is kept for"
    return "it answered next to nothing of the corpus"


def _share(space: OwnSpace, features: Array) -> SharedStudent:
    shared = space.method.fit(features, space.basis)
    assert isinstance(shared, SharedStudent), "it is the student space"
    return shared


def _alike(
    subjects: Mapping[str, Mapping[str, Any]], some: Iterable[tuple[str, pa.Table]], left_out: dict[str, str]
) -> dict[tuple[int, ...], dict[str, Outputs]]:
    """Outputs of subjects by the places of the texts that they answered. Those that can have no stand-in get their
    reason in `left_out`, and the others are taken from there."""
    groups: dict[tuple[int, ...], dict[str, Outputs]] = {}
    for name, answers in some:
        try:
            outputs = from_answers(answers, subjects[name]["output_kind"], subjects[name]["labels"])
        except ModelError as error:
            left_out[name] = error.what
            continue
        if outputs.free and len(outputs.texts) > MOST_SAID:
            left_out[name] = "it answers freely"
            continue
        del left_out[name]
        groups.setdefault(tuple(answers["place"].to_pylist()), {})[name] = outputs
    return groups


def _answers(released: Released, subjects: Sequence[str], ids: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """The answers to the corpus of every subject that gave two or more, with their places in it, in its order."""
    rows = released.sql(_ANSWERS, {"ids": list(ids), "subjects": list(subjects)}).combine_chunks()
    names = rows["subject"].to_numpy(zero_copy_only=False)
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    for first, end in pairwise([*([0] if len(names) else []), *changes.tolist(), len(names)]):
        if end - first > 1:
            yield str(names[first]), rows.slice(first, end - first)
