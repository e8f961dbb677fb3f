"""The starter project's texts: enough, distinct, no near duplicates, labelled as the cards say."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from taskatlas.hashing import text_id
from taskatlas.ingest.duplicates import NearIndex, sketch
from taskatlas.ingest.read import read_corpus, read_dataset
from taskatlas.registry.load import load
from tests.support.places import ROOT

REGISTRY = load(ROOT / "taskatlas" / "starter")
DATASETS = sorted(REGISTRY.datasets)


@pytest.fixture(scope="module")
def rows() -> dict[str, pa.Table]:
    tables = {name: read_dataset(REGISTRY.datasets[name], REGISTRY.folder) for name in DATASETS}
    return tables | {"corpus": read_corpus(REGISTRY.corpus, REGISTRY.folder)}


def texts(table: pa.Table) -> list[tuple[str, str | None]]:
    return list(zip(table["text"].to_pylist(), table["text_pair"].to_pylist(), strict=True))


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_a_hundred_examples_and_some_of_every_label(rows: dict[str, pa.Table], name: str):
    card = REGISTRY.datasets[name]
    assert rows[name].num_rows >= 100
    if card.labels == "number":
        values = rows[name]["value"].to_pylist()
        low, high = card.value_range or (0, 0)
        assert all(low <= value <= high for value in values)
        assert len({round(value, 1) for value in values}) >= 20
    else:
        counts = Counter(rows[name]["label"].to_pylist())
        assert set(counts) == set(card.class_labels)
        assert min(counts.values()) >= 15


def test_the_corpus_has_hundreds_of_texts(rows: dict[str, pa.Table]):
    assert rows["corpus"].num_rows >= 400
    assert any(pair for _, pair in texts(rows["corpus"])), "subjects that answer pairs need pairs, too"


@pytest.mark.parametrize("name", [*DATASETS, "corpus"])
def test_texts_are_sentences_of_their_own(rows: dict[str, pa.Table], name: str):
    index = NearIndex()
    for text, pair in texts(rows[name]):
        assert len(text.split()) >= 3, text
        assert len(text) <= 400, text
        seen = sketch(text, pair)
        assert not index.has_near(seen), text
        index.add(seen)


@pytest.mark.parametrize("name", [*DATASETS, "corpus"])
def test_texts_are_no_template(rows: dict[str, pa.Table], name: str):
    # a template with slots shows as one beginning, or one ending, that many texts share
    sentences = [text for text, _ in texts(rows[name])]
    for words in (slice(0, 4), slice(-4, None)):
        shared = Counter(" ".join(text.casefold().split()[words]) for text in set(sentences))
        most, count = shared.most_common(1)[0]
        assert count <= max(4, 0.04 * len(sentences)), most


def test_no_text_is_in_two_tables(rows: dict[str, pa.Table]):
    tables_of: dict[str, set[str]] = {}
    for name, table in rows.items():
        for text, pair in texts(table):
            for half in {text, pair} - {None}:
                tables_of.setdefault(text_id(str(half)), set()).add(name)
    assert {text: names for text, names in tables_of.items() if len(names) > 1} == {}


def test_no_corpus_text_nearly_equals_a_labelled_one(rows: dict[str, pa.Table]):
    index = NearIndex()
    for name in DATASETS:
        for text, pair in texts(rows[name]):
            for half in {text, pair} - {None}:
                index.add(sketch(str(half)))
    corpus = {half for halves in texts(rows["corpus"]) for half in halves if half}
    assert [text for text in sorted(corpus) if index.has_near(sketch(text))] == []
