"""Subjects can be measured without the corpus: they get scores, and what they owe comes with a later run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages import publish
from taskatlas.store.reader import Reader
from tests.support.projects import write_card, write_project
from tests.support.stage_runs import answer_missing, benchmark_missing, embed_missing, ingest_missing

COUNTS = """
    SELECT (SELECT count(DISTINCT subject) FROM scores) AS scored, (SELECT count(*) FROM forecasts) AS forecasts,
        (SELECT count(DISTINCT entity) FROM embeddings WHERE entity_kind = 'subject') AS embedded
"""


def measured(folder: Path) -> Plan:
    """The project after a run that measures alone."""
    plan = Plan(Project(folder))
    plan.measure_alone()
    ingest_missing(plan)
    answer_missing(plan)
    embed_missing(plan)
    benchmark_missing(plan)
    return plan


def test_a_new_project_has_scores_and_no_forecasts(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    plan = measured(folder)
    assert publish.release(plan)["created"]
    reader = Reader(folder / "warehouse" / "catalog.duckdb")
    assert reader.sql(COUNTS).to_pylist() == [{"scored": 3, "forecasts": 0, "embedded": 0}]
    rows = reader.sql("FROM recommendations WHERE question = 'prompt' AND dataset = 'mood'").to_pylist()
    assert {row["evidence"] for row in rows} == {"measured"}
    owed = [each for work in Plan(Project(folder)).model_works() for each in work.answer_sets]
    assert {(each.subject, each.text_set[0]) for each in owed} == {
        (subject, "corpus") for subject in ("enc/plain", "enc/warm", "probe")
    }


def test_who_has_answered_the_corpus_keeps_what_came_of_it(copied: Callable[..., Path]):
    folder = copied()
    choices = {"negative": "dull", "positive": "kind"}
    write_card(folder, "prompts", "dull", choices=choices, families=["sentiment"])
    plan = measured(folder)
    publish.release(plan)
    reader = Reader(folder / "warehouse" / "catalog.duckdb")
    [counts] = reader.sql(COUNTS).to_pylist()
    assert (counts["scored"], counts["embedded"]) == (4, 3)
    assert counts["forecasts"] > 0
    plan.start_over()
    assert plan.is_answered(), "it still measures alone"
    assert not Plan(Project(folder)).is_answered()
