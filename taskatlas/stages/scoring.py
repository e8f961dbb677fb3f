"""What a subject's answers to a dataset's test split are worth."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.analyze.scores import score_classes, score_numbers, score_rows
from taskatlas.plan.answers import label_indices
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.tables import TABLES


class AnsweredTexts(NamedTuple):
    """A subject's answers to a test split, beside what is right.

    Attributes:
        rows: of the test split, those that were answered, int64 [m]. A recorded model may have answered some of it, or
            nothing.
        answers: indices of the dataset's labels, int64 [m], −1 where an answer stands for none; or float64 [m].
        labels: indices of the dataset's labels, int64 [m]; or its values, float64 [m].
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
    indices = label_indices(card, subject, labels)
    assert indices is not None, "only subjects that can be scored come here"
    of_subject = {label: int(index) for label, index in zip(labels, indices, strict=True)}
    of_dataset = {label: index for index, label in enumerate(card.class_labels)}
    given = np.asarray([of_subject.get(label, -1) for label in answers["label"].to_pylist()], np.int64)
    true = np.asarray([of_dataset[label] for label in answered["label"].to_pylist()], np.int64)
    return AnsweredTexts(chosen, given, true)


def score(
    card: DatasetCard, subject: Subject, labels: tuple[str, ...], test: pa.Table, predictions: pa.Table
) -> pa.Table:
    """Return rows of the table scores: none where nothing was answered, or where the test split holds one class or
    number alone: whoever always answers that class would be right on all of it, and one number has no order. For the
    arguments see `answered_texts`."""
    found = answered_texts(card, subject, labels, test, predictions)
    tells = len(test["value" if card.labels == "number" else "label"].unique()) > 1
    if not len(found.rows) or not tells:
        return TABLES["scores"].schema.empty_table()
    if card.labels == "number":
        return score_rows(subject.name, card.name, [score_numbers(found.answers, found.labels)])
    return score_rows(subject.name, card.name, score_classes(found.answers, found.labels))
