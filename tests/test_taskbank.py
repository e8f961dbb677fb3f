"""Real input: the taskbank project over twenty datasets, cut to fewer examples, from nothing to a release."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import taskatlas
from tests.support.cards import change_card
from tests.support.places import ROOT, TASKBANK

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TASKBANK.is_dir(),
        reason="TASKBANK names no folder with the taskbank data, and ../shared/taskbank is not there",
    ),
]


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> taskatlas.Atlas:
    """The published project: 100 labelled train and 40 test examples per dataset, 20 corpus texts of each."""
    from taskatlas.flows.atlas import atlas as flow

    folder = tmp_path_factory.mktemp("taskbank") / "project"
    shutil.copytree(ROOT / "benchmarks" / "taskbank", folder, ignore=shutil.ignore_patterns("warehouse"))
    change_card(folder / "atlas.yaml", train_limit=100, test_limit=40)
    _cut_corpus(folder / "corpora" / "mixed.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKBANK", str(TASKBANK))
        result = flow(project=str(folder), device="cpu")
    assert result["created"]
    return taskatlas.open(folder)


def _cut_corpus(card: Path) -> None:
    sources = yaml.safe_load(card.read_text(encoding="utf-8"))["sources"]
    change_card(card, sources=[{**source, "limit": 20} for source in sources])


def test_all_datasets_and_subjects_are_published(atlas: taskatlas.Atlas):
    counts = atlas.sql(
        "SELECT (SELECT count(*) FROM datasets) AS datasets, (SELECT count(*) FROM subjects) AS subjects, "
        "(SELECT count(*) FROM prompts WHERE list_contains(families, 'sentiment')) AS sentiment, "
        "(SELECT count(DISTINCT family) FROM datasets) AS families"
    ).to_pylist()[0]
    assert counts["datasets"] == 20
    assert counts["subjects"] >= 60
    assert counts["sentiment"] >= 40
    assert counts["families"] == 16


def test_every_subject_answers_every_corpus_text(atlas: taskatlas.Atlas):
    unanswered = atlas.sql(
        "SELECT s.subject, e.text_id FROM subjects s CROSS JOIN (FROM examples WHERE origin_kind = 'corpus') e "
        "ANTI JOIN predictions p ON p.subject = s.subject AND p.text_id = e.text_id"
    )
    assert unanswered.num_rows == 0


def test_every_space_holds_every_dataset_and_subjects_where_outputs_count(atlas: taskatlas.Atlas):
    found = atlas.sql("SELECT method, entity_kind, count(*) AS n FROM embeddings GROUP BY ALL").to_pylist()
    counts = {(row["method"], row["entity_kind"]): row["n"] for row in found}
    subjects = atlas.sql("SELECT count(*) AS n FROM subjects").to_pylist()[0]["n"]
    assert {method for method, _ in counts} == {"text", "crosscov", "student"}
    assert all(counts[method, "dataset"] == 20 for method in ("text", "crosscov", "student"))
    flagged = atlas.sql("SELECT count(*) AS n FROM quality WHERE table_name = 'embeddings' AND NOT success").to_pylist()
    assert counts["crosscov", "subject"] == counts["student", "subject"] == subjects - flagged[0]["n"]


def test_a_label_that_is_on_no_card_is_in_quarantine(atlas: taskatlas.Atlas):
    rows = atlas.sql("SELECT origin, reason FROM quarantine").to_pylist()
    assert len(rows) == 4
    assert {row["origin"] for row in rows} == {"chemprot"}
    assert all("'agonist-inhibitor' is not one of" in row["reason"] for row in rows)


def test_no_corpus_text_is_a_test_text(atlas: taskatlas.Atlas):
    shared = atlas.sql(
        "SELECT c.text_id FROM examples c JOIN examples t ON c.text = t.text "
        "WHERE c.origin_kind = 'corpus' AND t.split = 'test'"
    )
    assert shared.num_rows == 0


def test_sentiment_datasets_are_nearest_to_each_other(atlas: taskatlas.Atlas):
    nearest = atlas.sql(
        "SELECT a.family AS mine, b.family AS other FROM neighbors n JOIN datasets a ON a.dataset = n.entity "
        "JOIN datasets b ON b.dataset = n.neighbor WHERE n.method = 'crosscov' AND n.rank = 1 "
        "AND n.entity_kind = 'dataset' AND n.neighbor_kind = 'dataset' AND a.family = 'sentiment'"
    ).to_pylist()
    assert nearest == [{"mine": "sentiment", "other": "sentiment"}] * 4


def test_forecasts_hold_and_beat_chance(atlas: taskatlas.Atlas):
    rows = atlas.sql("SELECT method, metric, value FROM benchmarks WHERE benchmark = 'forecast'").to_pylist()
    found = {(row["method"], row["metric"]): row["value"] for row in rows}
    assert found["forecast", "error"] < found["random", "error"]
    assert found["forecast", "coverage"] > 0.8
