"""What a subject's answers to a dataset's test split are worth: part scores/`key`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from taskatlas.analyze.scores import score_classes, score_numbers, score_rows
from taskatlas.cards.labels import map_labels
from taskatlas.hashing import digest
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.tables import TABLES

SCORE_VERSION = 1


def can_score(card: DatasetCard, subject: Subject, labels: tuple[str, ...], kind: str) -> bool:
    """Whether a subject's outputs can be mapped to a dataset's labels.

    Args:
        card: the dataset.
        subject: who answers.
        labels: the labels that it can answer; empty for numbers and text.
        kind: its output kind.
    """
    if card.labels == "number":
        return kind == "number"
    return kind != "number" and map_labels(labels, card.class_labels, subject.mapping.get(card.name)) is not None


def scores_key(predictions: str, card: DatasetCard, subject: Subject) -> str:
    """Key of the scores of the answers `predictions` to a dataset; its labels are part of that key."""
    return digest("scores", SCORE_VERSION, predictions, subject.mapping.get(card.name), card.labels)


def score(
    card: DatasetCard, subject: Subject, labels: tuple[str, ...], test: pa.Table, predictions: pa.Table
) -> pa.Table:
    """Rows of the table scores.

    Args:
        card: the dataset.
        subject: who answered.
        labels: the labels that it can answer.
        test: the dataset's test split, in the schema of the table examples.
        predictions: the subject's answers to it, in the schema of the table predictions. A recorded model may have
            answered some of it, and is scored on that, or nothing, and has no score.
    """
    rows = {text_id: row for row, text_id in enumerate(predictions["text_id"].to_pylist())}
    kept = [place for place, text_id in enumerate(test["text_id"].to_pylist()) if text_id in rows]
    if not kept:
        return TABLES["scores"].schema.empty_table()
    answered = test.take(kept)
    answers = predictions.take([rows[text_id] for text_id in answered["text_id"].to_pylist()])
    if card.labels == "number":
        found = score_numbers(answers["value"].to_numpy(), answered["value"].to_numpy())
        return score_rows(subject.name, card.name, [found])
    places = map_labels(labels, card.class_labels, subject.mapping.get(card.name))
    assert places is not None, "only subjects that can be scored come here"
    of_subject = {label: int(place) for label, place in zip(labels, places, strict=True)}
    of_dataset = {label: place for place, label in enumerate(card.class_labels)}
    given = np.asarray([of_subject.get(label, -1) for label in answers["label"].to_pylist()], np.int64)
    true = np.asarray([of_dataset[label] for label in answered["label"].to_pylist()], np.int64)
    return score_rows(subject.name, card.name, score_classes(given, true))
