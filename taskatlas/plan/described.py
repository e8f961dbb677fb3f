"""What recommendations on a dataset without a text depend on: descriptions, labels and mappings on cards."""

from __future__ import annotations

from taskatlas.hashing import digest
from taskatlas.plan.project import Project


def described_content(project: Project) -> list[str]:
    """Return the content hash of all that cards say of described datasets, and of those that they are compared with;
    nothing where there is none of them."""
    registry = project.registry
    if not registry.described:
        return []
    cards = {name: card.model_dump(mode="json") for name, card in registry.described.items()}
    compared = {name: [card.description, card.labels] for name, card in registry.datasets.items()}
    mappings = {
        subject.name: {name: subject.mapping[name] for name in cards if name in subject.mapping}
        for subject in project.subjects.values()
    }
    return [digest(cards, compared, mappings)]
