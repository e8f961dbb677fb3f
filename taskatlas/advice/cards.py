"""Read what the project's cards, as they are now, say about the subjects of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskatlas.cards.labels import folded
from taskatlas.registry.registry import Registry
from taskatlas.schemas.modelcard import Fit

Mappings = Mapping[frozenset[str], Sequence[Mapping[str, str]]]
"""The labels of a dataset, `labels.folded` → the mappings from a subject's labels to them, one per such dataset."""


def fits(registry: Registry) -> dict[str, dict[str, Fit]]:
    """Return how models are fitted on a dataset's train split, by dataset and by model."""
    by_dataset: dict[str, dict[str, Fit]] = {}
    for card in registry.models.values():
        if card.fit:
            by_dataset.setdefault(card.fit.dataset, {})[card.name] = card.fit
    return by_dataset


def mappings(registry: Registry) -> dict[str, Mappings]:
    """Return, by subject, how its labels map to those of datasets that name them differently."""
    by_subject: dict[str, dict[frozenset[str], list[Mapping[str, str]]]] = {}
    for subject in registry.subjects():
        for dataset, mapping in sorted(subject.mapping.items()):
            card = registry.datasets.get(dataset) or registry.described[dataset]
            labels = frozenset(map(folded, card.class_labels))
            by_subject.setdefault(subject.name, {}).setdefault(labels, []).append(mapping)
    return dict(by_subject)
