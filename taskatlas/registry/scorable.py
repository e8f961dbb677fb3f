"""Whether what a subject answers can be held against a dataset's labels, and what is in the way where not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from taskatlas.cards.labels import map_labels
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard, DescribedCard


class Obstacle(Enum):
    """What keeps a subject from being scored on a dataset."""

    DATASET_HOLDS_TEXTS = "the dataset holds texts, and it writes none"
    DATASET_HOLDS_NUMBERS = "the dataset holds numbers, and it answers none"
    NO_LABELS = "the dataset holds classes, and it answers none"
    LABELS_UNREACHED = "its labels do not reach all of the dataset's"


def obstacle(card: DatasetCard | DescribedCard, subject: Subject, labels: Sequence[str], kind: str) -> Obstacle | None:
    """Return what keeps a subject from being scored on a dataset; None where nothing does.

    Args:
        card: the dataset, with data or without.
        subject: who answers.
        labels: the labels that it can answer; empty for numbers and text.
        kind: its output kind.
    """
    if card.labels == "text":
        return None if kind == "text" and not labels else Obstacle.DATASET_HOLDS_TEXTS
    if card.labels == "number":
        return None if kind == "number" else Obstacle.DATASET_HOLDS_NUMBERS
    if kind == "number" or not labels:
        return Obstacle.NO_LABELS
    reached = map_labels(labels, card.class_labels, subject.mapping.get(card.name))
    return Obstacle.LABELS_UNREACHED if reached is None else None
