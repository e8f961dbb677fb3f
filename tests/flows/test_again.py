"""Runs after the first: they do what is new, leave the rest as it is, and publish where something changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import taskatlas
from taskatlas.flows.atlas import atlas
from taskatlas.project.starter import STARTER
from taskatlas.schemas.columns import text
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from tests.support.cards import change_card
from tests.support.prefect_runs import Handed, observed
from tests.support.projects import parts, written

KINDS = ("rows", "good", "quarantine", "quality", "examples", "predictions", "scores", "raw_forecasts", "embeddings")
KINDS_OF_ALL = ("neighbors", "forecasts", "benchmarks", "recommendations")


def run(project: Path, **options: Any) -> dict[str, Any]:
    return atlas(project=str(project), device="cpu", **options)


def count(project: Path, table: str) -> int:
    return taskatlas.open(project).sql(f'SELECT count(*) AS n FROM "{table}"')["n"][0].as_py()


def changed_tables(project: Path) -> int:
    """How many tables of the newest release hold other rows than v1."""
    pairs = [(f'"{name}"', f'"{name}@v1"') for name in TABLES if name != "releases"]
    sql = "SELECT count(*) AS n FROM ((FROM {0} EXCEPT FROM {1}) UNION ALL (FROM {1} EXCEPT FROM {0}))"
    return sum(taskatlas.open(project).sql(sql.format(*pair))["n"][0].as_py() > 0 for pair in pairs)


def release_id(project: Path) -> str:
    return json.loads((project / "warehouse" / "state" / "publish.json").read_text())["release_id"]


def test_nothing_new_computes_nothing_and_publishes_nothing(copy: Path, published: Path, handed: Handed):
    before = parts(copy)
    seen = observed(atlas, project=str(copy), device="cpu")
    assert (seen.result["release"], seen.result["created"], seen.result["computed"]) == ("v1", False, 0)
    assert parts(copy) == before
    assert handed == []
    assert (len(seen.flow_runs), seen.tasks(0), seen.artifacts()) == (1, [], {}), "Prefect shows a run, and no work"
    # the copy lies elsewhere: its catalog was rebuilt and names no file of the place that it was copied from
    views = (
        taskatlas.open(copy).sql("SELECT sql FROM duckdb_views() WHERE sql LIKE '%read_parquet%'")["sql"].to_pylist()
    )
    assert views
    assert all(str(copy) in view and str(published) not in view for view in views)


def test_a_new_prompt_computes_that_prompt_only(copy: Path):
    shutil.copyfile(STARTER / "prompts" / "advice-avoid-buy.yaml", copy / "prompts" / "advice-avoid-buy.yaml")
    before = parts(copy)
    result = run(copy)
    assert (result["release"], result["created"]) == ("v2", True)
    made = written(before, parts(copy))
    assert made.pop("features") > 0, "the rendered choices and prompts are encoded"
    assert made.pop("table_contents") == 9, "those of scores, predictions, vectors and what follows from them"
    # it answers the corpus and two test splits; it has a vector in crosscov and in student
    answers = {"predictions": 3, "scores": 2, "raw_forecasts": 1, "embeddings": 2}
    assert made.pop("table_checks") == changed_tables(copy) < len(TABLES) - 1, "the same rows are not checked again"
    assert made == answers | {
        "neighbors": 2, "forecasts": 1, "forecast_flags": 1, "benchmarks": 1, "recommendations": 1, "regions": 1,
        "described": 1,
    }  # fmt: skip
    assert result["computed"] == answers["predictions"] + answers["embeddings"]
    assert (count(copy, "subjects"), count(copy, "subjects@v1")) == (9, 8)
    new = 'SELECT DISTINCT subject FROM predictions EXCEPT SELECT DISTINCT subject FROM "predictions@v1"'
    assert taskatlas.open(copy).sql(new)["subject"].to_pylist() == ["minilm/advice-avoid-buy"]
    same = 'SELECT count(*) AS n FROM (FROM "predictions@v1" EXCEPT FROM predictions)'
    assert taskatlas.open(copy).sql(same)["n"][0].as_py() == 0


def test_a_changed_description_publishes_without_computing(copy: Path, handed: Handed):
    change_card(copy / "datasets" / "cafe_reviews.yaml", description="What guests thought")
    before = parts(copy)
    result = run(copy)
    assert (result["release"], result["created"], result["computed"]) == ("v2", True, 0)
    assert [name for name, _ in handed] == ["release"]
    assert written(before, parts(copy)) == {"table_checks": changed_tables(copy)}
    assert changed_tables(copy) == 1
    told = "SELECT description FROM \"{}\" WHERE dataset = 'cafe_reviews'"
    found = [taskatlas.open(copy).sql(told.format(f"datasets{of}"))["description"][0].as_py() for of in ("", "@v1")]
    assert found[0] == "What guests thought" != found[1]


@pytest.mark.parametrize("name", ["scores", "predictions", "datasets"])
def test_a_new_column_is_published_with_nulls_and_computes_nothing(
    copy: Path, handed: Handed, monkeypatch: pytest.MonkeyPatch, name: str
):
    """As a later version of taskatlas has one more column, which older parts do not know."""
    schema = TABLES[name].schema.append(text("judge", "Who says so.", nullable=True))
    monkeypatch.setitem(TABLES, name, replace(TABLES[name], schema=schema))
    if name in GRAPH:
        monkeypatch.setitem(GRAPH, name, replace(GRAPH[name], schema=schema))
    before, was = parts(copy), release_id(copy)
    result = run(copy)
    assert (result["release"], result["created"], result["computed"]) == ("v2", True, 0)
    assert release_id(copy) != was
    assert [task for task, _ in handed] == ["release"]
    assert written(before, parts(copy)) == {"table_checks": 1} | ({"table_contents": 1} if name in GRAPH else {})
    opened = taskatlas.open(copy)
    (found,) = opened.sql(f'SELECT count(*) AS n, count(judge) AS known FROM "{name}"').to_pylist()
    assert found == {"n": count(copy, f"{name}@v1"), "known": 0}
    columns = ", ".join(f'"{column}"' for column in schema.names if column != "judge")
    kept = f'SELECT count(*) AS n FROM (SELECT {columns} FROM "{name}@v1" EXCEPT SELECT {columns} FROM "{name}")'
    assert opened.sql(kept)["n"][0].as_py() == 0
    again = run(copy)
    assert (again["release"], again["created"], again["computed"]) == ("v2", False, 0)


def test_a_changed_dataset_redoes_what_depends_on_it(copy: Path):
    reviews = copy / "data" / "gadget_reviews.csv"
    reviews.write_text(reviews.read_text() + "The hinge snapped before I had owned it for a week,negative\n")
    before = parts(copy)
    result = run(copy)
    assert (result["release"], result["created"]) == ("v2", True)
    made = written(before, parts(copy))
    made.pop("features")
    checked = dict.fromkeys(("rows", "good", "quarantine", "quality"), 1)
    # seven subjects answer its test split again; its own vectors are new; the students of all are asked about it
    answered = {"predictions": 7, "scores": 7, "raw_forecasts": 8, "embeddings": 3 + 8}
    followed = {"examples": 2, "neighbors": 3, "benchmarks": 1, "tokens": 1, "recommendations": 1}
    followed |= {"regions": 1}
    followed |= {"forecasts": 1, "forecast_flags": 1}
    assert made.pop("table_checks") == changed_tables(copy)
    assert made.pop("table_contents") == 10, "all that are put together from parts, but quality"
    assert made == checked | answered | followed
    assert result["computed"] == answered["predictions"] + answered["embeddings"]
    changed = 'SELECT dataset, dataset_id FROM datasets EXCEPT SELECT dataset, dataset_id FROM "datasets@v1"'
    assert taskatlas.open(copy).sql(changed)["dataset"].to_pylist() == ["gadget_reviews"]


def test_chosen_methods_publish_their_spaces_only(copy: Path):
    before = parts(copy)
    result = run(copy, methods=["crosscov"])
    assert (result["release"], result["created"], result["computed"]) == ("v2", True, 0)
    assert written(before, parts(copy)).keys() <= {
        "forecasts", "forecast_flags", "benchmarks", "recommendations", "regions", "described", "table_contents",
        "table_checks",
    }  # fmt: skip
    rows = (
        taskatlas.open(copy).sql("SELECT DISTINCT method FROM embeddings UNION SELECT method FROM spaces").to_pylist()
    )
    assert rows == [{"method": "crosscov"}]
    assert count(copy, "spaces@v1") == 3
    assert count(copy, "forecasts") == 0, "forecasts are the students'"
    assert count(copy, "scores") == count(copy, "scores@v1")


@pytest.mark.parametrize(
    "turn", ["one part of each kind", pytest.param("all parts but the bases", marks=pytest.mark.slow)]
)
def test_lost_parts_are_made_again_for_the_same_release(copy: Path, turn: str):
    root, before = copy / "warehouse" / "parts", parts(copy)
    gone = [name for name in before if not name.startswith("bases/")]
    if turn.startswith("one"):
        gone = [next(name for name in gone if name.startswith(f"{kind}/")) for kind in (*KINDS, *KINDS_OF_ALL)]
    for name in gone:
        (root / name).unlink()
    was = release_id(copy)
    result = run(copy)
    assert (result["release"], result["created"]) == ("v1", False)
    assert result["computed"] > 0
    assert release_id(copy) == was
    after = parts(copy)
    lost = set(gone) - after.keys()
    # of several texts encoded at once, another number may be missing now, so features may lie in other files; tables
    # are put together and checked for a new release alone
    assert not {name for name in lost if not name.startswith(("features/", "table_contents/", "table_checks/"))}
    assert all(after[name] != before[name] for name in set(gone) - lost)
