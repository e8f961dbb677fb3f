"""The subjects that were measured on a dataset, with their answers to its test texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.plan.answers import label_indices
from taskatlas.plan.items import AnswerSet
from taskatlas.plan.project import Project
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages.predict import texts_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Target:
    """P subjects on one dataset.

    Attributes:
        dataset: its name.
        subjects: their names.
        truth: measured accuracy, or Spearman's correlation for numbers, float64 [P].
        probabilities: of the dataset's C labels and of none of them, on its n test texts, float64 [P, n, C + 1]; NaN
            of a subject that did not answer all of them. None for numbers, and where nothing is known of the answers.
        labels: of these texts, int64 [n].
        easy: subjects that make a choice easier: their answers are all the same, mostly mean no label of the dataset,
            or are those of another subject.
    """

    dataset: str
    subjects: tuple[str, ...]
    truth: Floats
    probabilities: Floats | None = None
    labels: Ints | None = None
    easy: frozenset[str] = frozenset()

    def distinct(self) -> Target:
        """Return the target without the subjects that make a choice easier."""
        return self.only([name for name in self.subjects if name not in self.easy])

    def only(self, names: Collection[str]) -> Target:
        """Return the target with these of its subjects alone."""
        keep = [place for place, name in enumerate(self.subjects) if name in names]
        kept = tuple(self.subjects[place] for place in keep)
        p = None if self.probabilities is None else self.probabilities[keep]
        return replace(self, subjects=kept, truth=self.truth[keep], probabilities=p)


def target_of(
    project: Project, dataset: str, measured: Mapping[str, float], answer_sets: Sequence[AnswerSet]
) -> Target:
    """Read the answers of the subjects that were measured on a dataset.

    Args:
        project: the project.
        dataset: its name.
        measured: subject → score.
        answer_sets: those of the dataset, one for each subject that answered.
    """
    subjects = tuple(sorted(measured))
    truth = np.array([measured[name] for name in subjects], np.float64)
    sets = {each.subject: each for each in answer_sets}
    if not set(subjects) <= sets.keys():
        return Target(dataset, subjects, truth)
    card = project.registry.datasets[dataset]
    test = texts_of(project, "dataset", sets[subjects[0]].examples)
    text_ids = test["text_id"].to_pylist()
    answers = [_in_order(project.parts.read("predictions", sets[name].key), text_ids) for name in subjects]
    if card.labels == "number":
        values = [[None if row is None else row["value"] for row in rows] for rows in answers]
        return Target(dataset, subjects, truth, easy=_easy(subjects, values))
    given = [_probabilities(project, card, name, rows) for name, rows in zip(subjects, answers, strict=True)]
    labels = np.array([card.class_labels.index(label) for label in test["label"].to_pylist()], np.int64)
    easy = _easy(subjects, [_chosen(p) for p in given], none=len(card.class_labels))
    return Target(dataset, subjects, truth, np.stack(given), labels, easy)


def _in_order(predictions: pa.Table, text_ids: Sequence[str]) -> list[dict[str, Any] | None]:
    """Return the answers in the order of texts; None where there is none."""
    rows = {row["text_id"]: row for row in predictions.to_pylist()}
    return [rows.get(text_id) for text_id in text_ids]


def _probabilities(
    project: Project, card: DatasetCard, subject: str, answers: Sequence[dict[str, Any] | None]
) -> Floats:
    """Return the probability of each of the dataset's labels, and of none of them, float64 [n, C + 1]."""
    of = project.subjects[subject]
    labels = project.registry.labels(of)
    indices = label_indices(card, of, labels)
    assert indices is not None, "only subjects that can be scored come here"
    none = len(card.class_labels)
    columns = np.where(indices < 0, none, indices)
    column_of = {label: int(column) for label, column in zip(labels, columns, strict=True)}
    p = np.zeros((len(answers), none + 1))
    for row, answer in enumerate(answers):
        if answer is None:
            p[row] = np.nan
            continue
        chosen = column_of.get(answer["label"], none)
        if answer["probabilities"] is not None:
            np.add.at(p[row], columns, np.asarray(answer["probabilities"], np.float64))
        if p[row].argmax() != chosen:  # labels alone, or recorded probabilities that say otherwise than the answer
            p[row] = np.eye(none + 1)[chosen]
    return p


def _chosen(p: Floats) -> list[int | None]:
    """Return the label that a subject chose for each text, C for none of them; None where there is no answer."""
    return [None if np.isnan(row[0]) else int(row.argmax()) for row in p]


def _easy(subjects: Sequence[str], chosen: Sequence[Sequence[object]], none: int | None = None) -> frozenset[str]:
    """Return the subjects that make a choice easier. Of those that answer alike the first one stays."""
    seen: set[tuple[object, ...]] = set()
    easy = set()
    for subject, answers in zip(subjects, map(tuple, chosen), strict=True):
        given = [answer for answer in answers if answer is not None]
        is_mute = none is not None and 2 * given.count(none) > len(given)
        if answers in seen or is_mute or len(set(given)) < 2:
            easy.add(subject)
        seen.add(answers)
    return frozenset(easy)
