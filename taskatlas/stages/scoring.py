"""What a subject's answers to a dataset's test split are worth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from taskatlas.analyze.scores import score_classes, score_numbers, score_rows
from taskatlas.plan.answers import label_indices
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.tables import TABLES


def score(
    card: DatasetCard, subject: Subject, labels: tuple[str, ...], test: pa.Table, predictions: pa.Table
) -> pa.Table:
    """Return rows of the table scores.

    Args:
        card: the dataset.
        subject: who answered.
        labels: the labels that it can answer.
        test: the dataset's test split, in the schema of the table examples.
        predictions: the subject's answers to it, in the schema of the table predictions. A recorded model may have
            answered some of it, and is scored on that, or nothing, and has no score.
    """
    rows = {text_id: row for row, text_id in enumerate(predictions["text_id"].to_pylist())}
    answered_rows = [row for row, text_id in enumerate(test["text_id"].to_pylist()) if text_id in rows]
    if not answered_rows:
        return TABLES["scores"].schema.empty_table()
    answered = test.take(answered_rows)
    answers = predictions.take([rows[text_id] for text_id in answered["text_id"].to_pylist()])
    if card.labels == "number":
        correlation = score_numbers(answers["value"].to_numpy(), answered["value"].to_numpy())
        return score_rows(subject.name, card.name, [correlation])
    indices = label_indices(card, subject, labels)
    assert indices is not None, "only subjects that can be scored come here"
    of_subject = {label: int(index) for label, index in zip(labels, indices, strict=True)}
    of_dataset = {label: index for index, label in enumerate(card.class_labels)}
    given = np.asarray([of_subject.get(label, -1) for label in answers["label"].to_pylist()], np.int64)
    true = np.asarray([of_dataset[label] for label in answered["label"].to_pylist()], np.int64)
    return score_rows(subject.name, card.name, score_classes(given, true))
