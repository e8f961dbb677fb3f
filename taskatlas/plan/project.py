"""A project as stages see it: its cards and its stored work."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from taskatlas.project.folders import ProjectFolders
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.store.parts import Parts


class Project:
    """One project: its folder, its cards, and the parts that runs have made.

    Args:
        folder: of the project.
        registry: those of its cards that are to count; None: all of them, which must hold.
    """

    def __init__(self, folder: Path, registry: Registry | None = None) -> None:
        if registry is not None:
            self.registry = registry
        self.folder = folder
        self.folders = ProjectFolders(folder)
        self.parts: Parts = self.folders.parts

    @cached_property
    def registry(self) -> Registry:
        """All cards, checked."""
        return load(self.folder)

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """Every subject by its name, in that order."""
        return {subject.name: subject for subject in self.registry.subjects()}

    def card(self, kind: str, name: str) -> DatasetCard | CorpusCard:
        """Return the card of a dataset or a corpus, as `kind` says."""
        return self.registry.datasets[name] if kind == "dataset" else self.registry.corpora[name]
