"""Ingest: sources become cleaned, deduplicated, sampled examples under content hashes.

Three steps for each dataset and for the corpus: `read` (source → rows), `taskatlas.stages.validate.check` (rows → good
rows and quarantine), `select` (good rows → examples). The corpus is selected last, as no text of it may be in a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

from taskatlas.hashing import digest
from taskatlas.ingest.read import corpus_key, dataset_key, read_corpus, read_dataset
from taskatlas.ingest.select import origin_id, select_corpus, select_dataset
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.stages.context import Context, Origin

SELECT_VERSION = 1


def rows_key(context: Context, kind: str, name: str) -> str:
    """Key of an origin's rows: the content of its source and what the card says about reading it."""
    card = context.card(kind, name)
    if isinstance(card, DatasetCard):
        return dataset_key(card, context.folder)
    return corpus_key(card, context.folder)


def read(context: Context, kind: str, name: str, key: str) -> dict[str, Any]:
    """Read an origin's source into the part rows/`key`, unless it is there."""
    if not context.parts.has("rows", key):
        card = context.card(kind, name)
        folder = context.folder
        rows = read_dataset(card, folder) if isinstance(card, DatasetCard) else read_corpus(card, folder)
        context.parts.write("rows", key, rows)
    return {"rows": key}


def examples_key(context: Context, kind: str, name: str, quality: str, tests: Sequence[Origin]) -> str:
    """Key of an origin's examples: its checked rows, the limits, and for a corpus the test texts to leave out."""
    card, project = context.card(kind, name), context.registry.project
    if isinstance(card, CorpusCard):
        limits: list[object] = [source.limit for source in card.sources]
        return digest("examples", SELECT_VERSION, name, quality, limits, sorted(test.origin_id for test in tests))
    limits = [project.train_limit, project.test_limit, card.test_fraction]
    return digest("examples", SELECT_VERSION, name, quality, limits)


def select(
    context: Context, kind: str, name: str, rows: str, quality: str, key: str, tests: Sequence[Origin]
) -> dict[str, Any]:
    """Choose an origin's examples from its good rows into the part examples/`key`, unless it is there.

    Returns:
        The fields of an `Origin`.
    """
    parts, card, project = context.parts, context.card(kind, name), context.registry.project
    if not parts.has("examples", key):
        good = parts.read("good", quality)
        if isinstance(card, CorpusCard):
            chosen, counts = select_corpus(card, good, _test_texts(context, tests))
        else:
            limits = {"train_limit": project.train_limit, "test_limit": project.test_limit}
            chosen, counts = select_dataset(card, good, **limits)
        counts["n_quarantined"] = parts.read("quarantine", quality).num_rows
        parts.write("examples", key, chosen, {"origin_id": origin_id(chosen), "counts": counts})
    manifest = parts.manifest("examples", key)
    return {"kind": kind, "name": name, "rows": rows, "quality": quality, "examples": key, **manifest}


def _test_texts(context: Context, tests: Sequence[Origin]) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = []
    for origin in tests:
        examples = context.parts.read("examples", origin.examples)
        test = examples.filter(pc.equal(examples["split"], "test"))
        found += zip(*(test[column].to_pylist() for column in ("text_id", "text", "text_pair")), strict=True)
    return found


def finish(context: Context, origins: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Remember what was ingested, for the stages that follow; the corpus comes last.

    Returns:
        How many datasets, labelled examples and corpus texts there are.
    """
    context.write_state("ingest", {"origins": list(origins)})
    *datasets, corpus = context.origins()
    labelled = sum(origin.counts["n_train"] + origin.counts["n_test"] for origin in datasets)
    return {"datasets": len(datasets), "labelled": labelled, "corpus_texts": corpus.counts["n_texts"]}
