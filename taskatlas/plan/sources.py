"""Keys of what the ingest stage makes: rows of a source, what was found in them, and the examples chosen from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from taskatlas.ingest.read import corpus_key, dataset_key
from taskatlas.plan.items import Source, TextSet
from taskatlas.plan.project import Project
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.validate.rows import further_flags
from taskatlas.validate.suites import suite


def names_of(project: Project) -> list[tuple[str, str]]:
    """Return kind and name of everything that is ingested: every dataset, then the corpus."""
    return [*(("dataset", name) for name in project.registry.datasets), ("corpus", project.registry.corpus.name)]


def source_of(project: Project, kind: str, name: str) -> Source:
    """Return what is to be read and checked of a dataset or corpus. Reads the bytes of its source.

    Raises:
        InputError: the source is malformed or missing.
    """
    card = project.card(kind, name)
    key = dataset_key if isinstance(card, DatasetCard) else corpus_key
    rows = key(card, project.folder)  # type: ignore[arg-type]
    return Source(kind, name, rows, _quality_key(project, card, kind, rows))


def _quality_key(project: Project, card: DatasetCard | CorpusCard, kind: str, rows: str) -> str:
    """The rows, what their card promises of them, how many may be bad, and the suite."""
    promised = [getattr(card, field, None) for field in ("labels", "value_range", "max_chars")]
    pair = getattr(getattr(card, "columns", None), "text_pair", None)
    limit = project.registry.project.quarantine_limit
    # expectations that came after projects had keys count where a card asks for them
    flags = {"classes", "number", "range", "pair"} | further_flags(card)
    return GRAPH["good"].key(kind, card.name, rows, promised, pair, limit, suite("rows", flags))


def examples_key(project: Project, source: Source, tests: Sequence[TextSet]) -> str:
    """Return the key of a source's examples: its checked rows, the limits, and for a corpus the test texts to leave
    out."""
    card, settings = project.card(source.kind, source.name), project.registry.project
    # near duplicates of rows with fields were once judged by all their texts as one
    beside = ["each text"] if further_flags(card) else []
    if isinstance(card, CorpusCard):
        limits: list[object] = [*(each.limit for each in card.sources), *beside]
        return GRAPH["examples"].key(source.name, source.quality, limits, sorted(test.content_id for test in tests))
    limits = [settings.train_limit, settings.test_limit, card.test_fraction, card.near_duplicates, *beside]
    return GRAPH["examples"].key(source.name, source.quality, limits)


def changed_names(project: Project, text_sets: Iterable[TextSet]) -> set[str]:
    """Return the datasets and corpora that were ingested and have no card any more, or the other way round."""
    return {text_set.name for text_set in text_sets} ^ {name for _, name in names_of(project)}
