"""What the project's cards, as they are now, say about the subjects of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskatlas.cards.labels import folded
from taskatlas.registry.registry import Registry
from taskatlas.schemas.models import ProbeModel

Mappings = Mapping[frozenset[str], Sequence[Mapping[str, str]]]
"""The labels of datasets, `labels.folded` → how a subject's labels lead to them, of one dataset after the other."""


def probes(registry: Registry) -> dict[str, list[ProbeModel]]:
    """Cards of the models that are fitted on a dataset's train split, by dataset."""
    found: dict[str, list[ProbeModel]] = {}
    for card in registry.models.values():
        if isinstance(card, ProbeModel):
            found.setdefault(card.dataset, []).append(card)
    return found


def mappings(registry: Registry) -> dict[str, Mappings]:
    """How subjects' labels lead to those of datasets where they are named differently, by subject."""
    found: dict[str, dict[frozenset[str], list[Mapping[str, str]]]] = {}
    for subject in registry.subjects():
        for dataset, mapping in sorted(subject.mapping.items()):
            labels = frozenset(map(folded, registry.datasets[dataset].class_labels))
            found.setdefault(subject.name, {}).setdefault(labels, []).append(mapping)
    return dict(found)
