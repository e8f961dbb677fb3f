"""What a subject's answers to a dataset's test split are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.analyze.freetext import MEASURES
from taskatlas.analyze.scores import score_classes, score_numbers, score_rows, score_texts
from taskatlas.plan.answers import label_indices
from taskatlas.plan.project import Project
from taskatlas.recommend.baseline import answer_in_brief
from taskatlas.recommend.merits import Floats, merits_of_classes, merits_of_numbers
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.worth import worth_of_texts


class AnsweredTexts(NamedTuple):
    """A subject's answers to a test split, beside what is right.

    Attributes:
        rows: of the test split, those that were answered, int64 [m]. A recorded model may have answered some of it, or
            nothing.
        answers: indices of the dataset's labels, int64 [m], −1 where an answer stands for none; or numbers, float64
            [m]; or texts, object [m].
        labels: indices of the dataset's labels, int64 [m]; or its values, float64 [m]; or lists of the texts that are
            right, object [m].
    """

    rows: npt.NDArray[np.int64]
    answers: npt.NDArray[Any]
    labels: npt.NDArray[Any]


def answered_texts(
    card: DatasetCard, subject: Subject, labels: tuple[str, ...], test: pa.Table, predictions: pa.Table
) -> AnsweredTexts:
    """Return what a subject answered to a test split, in the dataset's own labels.

    Args:
        card: the dataset.
        subject: who answered.
        labels: the labels that it can answer.
        test: the dataset's test split, in the schema of the table examples.
        predictions: the subject's answers to it, in the schema of the table predictions.
    """
    places = {text_id: row for row, text_id in enumerate(predictions["text_id"].to_pylist())}
    rows = [row for row, text_id in enumerate(test["text_id"].to_pylist()) if text_id in places]
    answered = test.take(pa.array(rows, pa.int64()))
    answers = predictions.take(pa.array([places[text_id] for text_id in answered["text_id"].to_pylist()], pa.int64()))
    chosen = np.asarray(rows, np.int64)
    if card.labels == "number":
        return AnsweredTexts(chosen, answers["value"].to_numpy(), answered["value"].to_numpy())
    if card.labels == "text":
        return AnsweredTexts(chosen, _objects(answers["output"].to_pylist()), _objects(answered["answers"].to_pylist()))
    indices = label_indices(card, subject, labels)
    assert indices is not None, "only subjects that can be scored come here"
    of_subject = {label: int(index) for label, index in zip(labels, indices, strict=True)}
    of_dataset = {label: index for index, label in enumerate(card.class_labels)}
    given = np.asarray([of_subject.get(label, -1) for label in answers["label"].to_pylist()], np.int64)
    true = np.asarray([of_dataset[label] for label in answered["label"].to_pylist()], np.int64)
    return AnsweredTexts(chosen, given, true)


def score(
    project: Project, card: DatasetCard, subject: Subject, test: pa.Table, predictions: pa.Table, device: str = "cpu"
) -> pa.Table:
    """Return rows of the table scores: none where nothing was answered, or where the test split holds one class, number
    or answer alone: whoever always answers that would be right on all of it, and one number has no order. For the
    arguments see `answered_texts` and `merits_of`."""
    found = answered_texts(card, subject, project.registry.labels(subject), test, predictions)
    if not len(found.rows) or only_label(card, test) is not None:
        return TABLES["scores"].schema.empty_table()
    if card.labels == "text":
        further = {} if card.ranked_by in MEASURES else {card.ranked_by: merits_of(project, card, found, device)}
        return score_rows(subject.name, card.name, score_texts(found.answers.tolist(), found.labels.tolist(), further))
    if card.labels == "number":
        return score_rows(subject.name, card.name, [score_numbers(found.answers, found.labels)])
    return score_rows(subject.name, card.name, score_classes(found.answers, found.labels))


def merits_of(project: Project, card: DatasetCard, texts: AnsweredTexts, device: str = "cpu") -> Floats:
    """Return what each answered text adds to a subject's score, float64 [m].

    Args:
        project: the project.
        card: the dataset.
        texts: the answers.
        device: as of `worth_of_texts`.
    """
    if card.labels == "text":
        return worth_of_texts(project, card, texts.answers.tolist(), texts.labels.tolist(), device)
    measure = merits_of_numbers if card.labels == "number" else merits_of_classes
    return measure(texts.answers, texts.labels)


def only_label(card: DatasetCard, test: pa.Table) -> str | None:
    """Return the one class, number or answer that a test split holds, in words; None where there are several. Of an
    empty split it is ''."""
    if not test.num_rows:
        return ""
    column = "value" if card.labels == "number" else "answers" if card.labels == "text" else "label"
    there = {tuple(each) if isinstance(each, list) else each for each in test[column].to_pylist()}
    if len(there) > 1:
        return None
    only = there.pop()
    if isinstance(only, tuple):
        return answer_in_brief(" / ".join(only))
    return f"{only:g}" if isinstance(only, float) else str(only)


def _objects(values: Sequence[object]) -> npt.NDArray[Any]:
    """As an array of one dimension, whatever the values hold."""
    return np.fromiter(values, dtype=object, count=len(values))
