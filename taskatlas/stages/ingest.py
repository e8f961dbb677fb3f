"""Ingest: sources become cleaned, deduplicated, sampled examples under content hashes.

Three steps for each dataset and for the corpus: `read` (source → rows), `taskatlas.stages.validate.check` (rows → good
rows and quarantine), `select` (good rows → examples). The corpus is selected last, as no text of it may be in a test.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from taskatlas.ingest.known import read_known_scores, read_known_transfers
from taskatlas.ingest.read import read_corpus, read_dataset
from taskatlas.ingest.select import content_id, select_corpus, select_dataset
from taskatlas.plan.items import Source, TextSet
from taskatlas.plan.project import Project
from taskatlas.schemas.cards import CorpusCard, DatasetCard


def read(project: Project, source: Source) -> None:
    """Read a source into the part rows/`source.rows`.

    Raises:
        InputError: it cannot be read as its card says.
    """
    card, folder = project.card(source.kind, source.name), project.folder
    rows = read_dataset(card, folder) if isinstance(card, DatasetCard) else read_corpus(card, folder)
    project.parts.write("rows", source.rows, rows)


def read_known(project: Project, kind: str, name: str, key: str) -> None:
    """Read what a card knows from elsewhere into the part `kind`/`key`: known_scores or known_transfers.

    Raises:
        InputError: their file is another one than the card says, or cannot be read.
    """
    registry, folder = project.registry, project.folder
    if kind == "known_scores":
        rows = read_known_scores(registry.known_scores[name], folder)
    else:
        rows = read_known_transfers(registry.known_transfers[name], folder)
    project.parts.write(kind, key, rows)


def select(project: Project, source: Source, key: str, tests: Sequence[TextSet]) -> None:
    """Choose a source's examples from its good rows into the part examples/`key`.

    Args:
        project: the project.
        source: what was read and checked.
        key: of the examples.
        tests: for a corpus, the datasets whose test texts it must not hold.
    """
    parts, card, settings = project.parts, project.card(source.kind, source.name), project.registry.project
    good = parts.read("good", source.quality)
    if isinstance(card, CorpusCard):
        examples, counts = select_corpus(card, good, _test_texts(project, tests))
    else:
        limits = {"train_limit": settings.train_limit, "test_limit": settings.test_limit}
        examples, counts = select_dataset(card, good, **limits)
    counts["n_quarantined"] = parts.read("quarantine", source.quality).num_rows
    parts.write("examples", key, examples, {"origin_id": content_id(examples), "counts": counts})


def _test_texts(project: Project, tests: Sequence[TextSet]) -> list[tuple[str, str, str | None]]:
    texts: list[tuple[str, str, str | None]] = []
    for text_set in tests:
        examples = project.parts.read("examples", text_set.examples)
        test = examples.filter(pc.equal(examples["split"], "test"))
        texts += zip(*(test[column].to_pylist() for column in ("text_id", "text", "text_pair")), strict=True)
    return texts


def counts_of(text_sets: Sequence[TextSet]) -> dict[str, int]:
    """Return how many datasets, labelled examples and corpus texts there are; the corpus comes last."""
    *datasets, corpus = text_sets
    labelled = sum(each.counts["n_train"] + each.counts["n_test"] for each in datasets)
    return {"datasets": len(datasets), "labelled": labelled, "corpus_texts": corpus.counts["n_texts"]}
