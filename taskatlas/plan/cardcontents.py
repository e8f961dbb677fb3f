"""What cards say of datasets and subjects besides what other keys hold: families, descriptions, labels and mappings."""

from __future__ import annotations

from taskatlas.hashing import digest
from taskatlas.plan.project import Project


def card_contents(project: Project) -> list[str]:
    """Return the content hashes of what the parts are made from that name cards among their inputs: the families of
    datasets and subjects; and all that is said of described datasets and of those that they are compared with, where
    there are some."""
    registry = project.registry
    families = {name: card.family for name, card in registry.datasets.items()}
    meant = {name: sorted(card.name for card in registry.meant(each)) for name, each in project.subjects.items()}
    contents = [digest("families", families, meant)]
    if not registry.described:
        return contents
    cards = {name: card.model_dump(mode="json") for name, card in registry.described.items()}
    compared = {name: [card.description, card.labels] for name, card in registry.datasets.items()}
    mappings = {
        subject.name: {name: subject.mapping[name] for name in cards if name in subject.mapping}
        for subject in project.subjects.values()
    }
    return [*contents, digest("described", cards, compared, mappings)]
