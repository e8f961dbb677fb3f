"""What the ingest stage owes: of every source its rows, what was found in them, and its examples."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.plan.items import Source, TextSet
from taskatlas.plan.project import Project
from taskatlas.plan.sources import examples_key
from taskatlas.schemas.graph import sharing_key
from taskatlas.store.parts import Parts

CHECKED = sharing_key("good")
"""The parts that a check leaves, all under one key."""


class Ingestion:
    """The keys of examples, each computed once, and the text sets that they become.

    Args:
        project: the project.
        sources: everything that is to be read and checked, the corpus last.
    """

    def __init__(self, project: Project, sources: Sequence[Source]) -> None:
        self._project, self._sources = project, sources
        self._keys: dict[Source, str] = {}
        self._text_sets: dict[Source, TextSet] = {}

    def tests_beside(self, source: Source) -> list[TextSet]:
        """Return the datasets whose test texts a source must not hold: of a corpus all of them, which are selected."""
        return [self.text_set(each) for each in self._sources[:-1]] if source.kind == "corpus" else []

    def examples_key(self, source: Source) -> str:
        """Return the key of a source's examples; of the corpus once all datasets are selected."""
        if source not in self._keys:
            self._keys[source] = examples_key(self._project, source, self.tests_beside(source))
        return self._keys[source]

    def text_set(self, source: Source) -> TextSet:
        """Return the text set of a source whose examples are there.

        Raises:
            DamagedPartError: they are not, or not any more.
        """
        if source not in self._text_sets:
            key = self.examples_key(source)
            manifest = self._project.parts.manifest("examples", key)
            self._text_sets[source] = TextSet(
                source.kind, source.name, source.rows, source.quality, key, manifest["origin_id"], manifest["counts"]
            )
        return self._text_sets[source]

    def is_complete(self) -> bool:
        """Return whether every source is read, checked and selected, by one look into each folder of parts."""
        rows, examples = (self._project.parts.keys(kind) for kind in ("rows", "examples"))
        checked = frozenset.intersection(*(self._project.parts.keys(kind) for kind in CHECKED))
        return all(
            source.rows in rows and source.quality in checked and self.examples_key(source) in examples
            for source in self._sources
        )


def is_checked(parts: Parts, source: Source) -> bool:
    """Return whether all parts of a check are there."""
    return all(parts.has(kind, source.quality) for kind in CHECKED)
