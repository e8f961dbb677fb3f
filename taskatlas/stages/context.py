"""What every stage starts from: the project's cards, its folders, and what the stage before it did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError
from taskatlas.project.settings import Layout
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.store.atomic import replacing
from taskatlas.store.parts import Parts


@dataclass(frozen=True)
class Origin:
    """Where texts come from: a dataset or the corpus.

    Attributes:
        kind: 'dataset' or 'corpus'.
        name: name of its card.
        examples: key of its part of cleaned examples.
        origin_id: content hash of these examples.
        counts: how many rows were kept, removed and quarantined.
    """

    kind: str
    name: str
    rows: str
    quality: str
    examples: str
    origin_id: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Context:
    """One project, as the stages see it."""

    folder: Path

    @cached_property
    def registry(self) -> Registry:
        """All cards, checked."""
        return load(self.folder)

    @property
    def layout(self) -> Layout:
        """The project's folders."""
        return Layout(self.folder)

    @property
    def parts(self) -> Parts:
        """Finished work of the stages."""
        return self.layout.parts

    def card(self, kind: str, name: str) -> DatasetCard | CorpusCard:
        """The card of an origin."""
        return self.registry.datasets[name] if kind == "dataset" else self.registry.corpora[name]

    def origins(self) -> list[Origin]:
        """What the ingest stage left: every dataset, then the corpus.

        Raises:
            StoreError: it has not run yet, or not since a dataset or the corpus was added, renamed or removed.
        """
        found = [Origin(**entry) for entry in self.read_state("ingest")["origins"]]
        changed = {origin.name for origin in found} ^ {*self.registry.datasets, self.registry.corpus.name}
        if changed:
            what = f"the ingest stage has not run since cards came or went: {', '.join(sorted(changed))}"
            raise StoreError(what, todo="run the ingest flow first, or `taskatlas run`")
        return found

    def corpus(self) -> Origin:
        """The ingested corpus."""
        return self.origins()[-1]

    def datasets(self) -> dict[str, Origin]:
        """The ingested datasets by name."""
        return {origin.name: origin for origin in self.origins()[:-1]}

    def read_state(self, stage: str) -> dict[str, Any]:
        """What a stage did last.

        Raises:
            StoreError: it has not run yet.
        """
        path = self.layout.state / f"{stage}.json"
        try:
            state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            todo = f"run the {stage} flow first, or `taskatlas run`"
            raise StoreError(f"the {stage} stage has not run yet", todo=todo) from None
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot be read ({error})", where=str(path), todo="run `taskatlas run`") from error
        return state

    def write_state(self, stage: str, state: dict[str, Any]) -> None:
        """Remember what a stage did; the file is there whole or not at all."""
        with replacing(self.layout.state / f"{stage}.json") as temporary:
            temporary.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
