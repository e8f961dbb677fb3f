"""Batches of calls that `taskatlas try` has kept: which there are, and under which keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count, takewhile

from taskatlas.plan.answers import Identities, can_score
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.registry.registry import Subject
from taskatlas.schemas.graph import GRAPH


def batch_key(subject_id: str, dataset: TextSet, index: int) -> str:
    """Return the key of a subject's batch of answers to a dataset's test texts, counted from 0. What is kept under it
    is never added to."""
    return GRAPH["tried"].key(subject_id, dataset.content_id, index)


def kept_batches(
    project: Project, identities: Identities, datasets: Mapping[str, TextSet], there: Collection[str]
) -> dict[tuple[str, str], list[str]]:
    """Return the keys of the batches that are there, in their order, by subject and dataset.

    Args:
        project: the project.
        identities: the content hashes of its subjects.
        datasets: the ingested datasets by name.
        there: keys of all batches that are there.
    """
    found = {}
    for name, subject in project.subjects.items():
        subject_id = identities.subject_id(name)
        for dataset in triable(project, subject):
            keys = (batch_key(subject_id, datasets[dataset], index) for index in count())
            if kept := list(takewhile(there.__contains__, keys)):
                found[name, dataset] = kept
    return found


def triable(project: Project, subject: Subject) -> Iterator[str]:
    """Yield the datasets that a subject may be tried on: its answers can be matched with their labels, and no run
    measures it there."""
    registry = project.registry
    measured = {card.name for card in registry.targets(subject)}
    labels, kind = registry.labels(subject), registry.output_kind(subject)
    for name, card in registry.datasets.items():
        if name not in measured and can_score(card, subject, labels, kind):
            yield name
