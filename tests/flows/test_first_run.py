"""The first run of a project: v1 with every table filled as its cards say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import taskatlas
from taskatlas.registry.load import load
from taskatlas.schemas.tables import TABLES
from taskatlas.store.warehouse import Warehouse

SENTIMENT = {"cafe_reviews", "gadget_reviews"}
"""Each of four prompts, vader, a probe and the recorded model answers both."""
ANSWERERS = 7


@pytest.fixture(scope="module")
def counts(published: Path) -> dict[str, int]:
    """Rows of every table of the release."""
    atlas = taskatlas.open(published)
    return {name: atlas.sql(f"SELECT count(*) AS n FROM {name}")["n"][0].as_py() for name in TABLES}


@pytest.fixture(scope="module")
def splits(published: Path) -> dict[tuple[str, str], int]:
    """Examples by origin and split."""
    found = taskatlas.open(published).sql("SELECT origin, split, count(*) AS n FROM examples GROUP BY ALL")
    return {(row["origin"], row["split"]): row["n"] for row in found.to_pylist()}


def corpus_texts(project: Path) -> int:
    """As many texts as the corpus' card asks for; its files have more."""
    return sum(source.limit or 0 for source in load(project).corpus.sources)


def test_the_registry_is_in_the_release(published: Path, counts: dict[str, int]):
    registry = load(published)
    cards = {"datasets": 4, "models": 5, "prompts": 4, "subjects": 8, "corpora": 1, "spaces": 3, "releases": 1}
    assert {name: counts[name] for name in cards} == cards
    assert len(registry.datasets) == 4
    assert len(registry.subjects()) == 8


def test_every_row_of_a_source_is_an_example_or_a_counted_duplicate(
    published: Path, splits: dict[tuple[str, str], int], counts: dict[str, int]
):
    rows = {
        name: len((published / card.source).read_text(encoding="utf-8").splitlines()) - card.source.endswith(".csv")
        for name, card in load(published).datasets.items()
    }
    left_out = {
        row["dataset"]: row["n_duplicates"] + row["n_quarantined"]
        for row in taskatlas.open(published).sql("FROM datasets").to_pylist()
    }
    for name, total in rows.items():
        train, test = splits[name, "train"], splits[name, "test"]
        assert train + test == total - left_out[name]
        assert 0.3 < test / (train + test) < 0.5, "the cards ask for 0.4"
    assert splits["everyday", "corpus"] == corpus_texts(published)
    assert counts["examples"] == sum(splits.values())
    assert counts["quarantine"] == 0


def test_every_subject_answers_the_corpus_and_the_tests_that_it_is_meant_for(
    published: Path, splits: dict[tuple[str, str], int], counts: dict[str, int]
):
    of_sentiment = ANSWERERS * sum(splits[name, "test"] for name in SENTIMENT)
    assert counts["predictions"] == 8 * corpus_texts(published) + of_sentiment + splits["ticket_urgency", "test"]
    # accuracy and macro_f1 of classes, Spearman of numbers; nobody is meant for the pairs
    assert counts["scores"] == ANSWERERS * len(SENTIMENT) * 2 + 1


def test_everything_has_its_vectors_neighbours_and_forecasts(published: Path, counts: dict[str, int]):
    datasets, subjects = 4, 8
    assert counts["embeddings"] == datasets + 2 * (datasets + subjects), "text sees no outputs, so no subjects"
    both = datasets + subjects
    assert counts["neighbors"] == datasets * (datasets - 1) + 2 * both * (both - 1)
    assert counts["maps"] == counts["embeddings"], "a vector has a place in its space's picture"
    flagged = "SELECT origin FROM quality WHERE expectation = 'expect_labels_to_be_seen'"
    scored = taskatlas.open(published).sql(f"SELECT count(*) AS n FROM scores WHERE dataset NOT IN ({flagged})")
    assert 0 < counts["forecasts"] == scored["n"][0].as_py()
    assert counts["costs"] == subjects - 1, "nobody is behind a server; all but the recorded one were timed"


def test_the_benchmarks_have_a_random_row_each(published: Path, counts: dict[str, int]):
    rows = taskatlas.open(published).sql("FROM benchmarks").to_pylist()
    questions = {
        "siblings",
        "siblings_hidden",
        "choice",
        "choice_distinct",
        "choice_models",
        "forecast",
        "stability",
    }  # one probe alone is no question of sources
    assert {row["benchmark"] for row in rows if row["method"] == "random"} == questions
    # forecast, student alone, two cosines, four by what was measured elsewhere, seven without labels, two of trying,
    # random and oracle
    siblings, hidden, choice, forecast = 4, 5, 3 * 2 * 19, 4
    # of a half and a quarter of the corpus: order and first choice, both with chance; how far accuracies move; vectors
    # of two spaces, with another subject's
    stability = 3 + 3 + 2 + 2 * 3
    assert counts["benchmarks"] == len(rows) == siblings + hidden + choice + forecast + stability
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_every_table_kept_its_promises(published: Path):
    rows = taskatlas.open(published).sql("SELECT table_name, success, n, expectation FROM quality").to_pylist()
    assert {row["expectation"] for row in rows if not row["success"]} <= {"expect_labels_to_be_seen"}
    assert {row["table_name"] for row in rows} >= {"rows", *TABLES} - {"quality", "releases"}
    assert (published / "warehouse" / "data_docs" / "index.html").is_file()


def test_catalog_and_warehouse_hold_the_same_rows(published: Path, counts: dict[str, int]):
    warehouse = Warehouse(published / "warehouse")
    assert [release.release for release in warehouse.releases()] == ["v1"]
    assert {name: warehouse.table(name, "v1").num_rows for name in TABLES} == counts


def test_the_stages_remember_what_they_did(published: Path):
    state = {path.stem: json.loads(path.read_text()) for path in (published / "warehouse" / "state").glob("*.json")}
    assert [origin["name"] for origin in state["ingest"]["origins"]][-1] == "everyday"
    assert state["embed"]["methods"] == yaml.safe_load((published / "atlas.yaml").read_text())["methods"]
    assert state["publish"]["release"] == "v1"
