"""A project that was published before the plan was declared in one place: its keys hold, and nothing is owed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskatlas.plan.ingestion import CHECKED
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH
from taskatlas.stages.releases import open_warehouse
from taskatlas.store.reader import Reader
from tests.support.projects import golden_project
from tests.support.stage_runs import answered, embedded

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "keys.json").read_text(encoding="utf-8"))
KEYS: dict[str, str] = GOLDEN["keys"]
MOVED: dict[str, str] = json.loads((HERE / "moved.json").read_text(encoding="utf-8"))
"""Keys that were moved on purpose since: the work behind them is others' sum, and is made anew."""
SPLIT = ("enc/pair", ("corpus", "web"))
"""The subject that asks about pairs, and the text set whose single texts are split in two for it."""
MADE = (
    "forecasts",
    "forecast_flags",
    "benchmarks",
    "transfers",
    "tokens",
    "completed_scores",
    "regions",
    "described",
    "recommendations",
)
"""Kinds of parts behind them."""
INGESTED = {name for name in MOVED if name.startswith(("rows ", "quality ", "examples "))}
"""Keys of what is read, checked and selected anew. The texts have no lines to keep, so their content is the same, and
nothing is computed for them."""
NO_TABLE = {"forecast_flags", "tokens", "completed_scores"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return golden_project(tmp_path / "project")


def keys_of(plan: Plan) -> dict[str, str]:
    """Every key of the plan, by what it is the key of, as the golden file has them."""
    keys = {"forecasts": plan.benchmark_work.forecasts, "benchmark": plan.benchmark_work.key}
    for text_set in plan.text_sets:
        steps = {"rows": text_set.rows, "quality": text_set.quality, "examples": text_set.examples}
        keys |= {f"{step} {text_set.name}": key for step, key in {**steps, "id": text_set.content_id}.items()}
    for answers in plan.all_answer_sets:
        keys[f"answers {answers.subject} {answers.text_set[1]}"] = answers.key
        keys[f"subject {answers.subject}"] = answers.subject_id
        keys |= {f"scores {answers.subject} {answers.text_set[1]}": answers.scores} if answers.scores else {}
    keys |= {f"model {model}": plan.identities.model_id(model) for model in plan.project.registry.models}
    for method in plan.methods:
        space = plan.space_plan(method)
        keys[f"space {method}"], keys[f"space name {method}"] = space.space.space_id, space.space.name
        keys[f"basis {method}"] = plan.basis_id(method)
        keys |= {f"spread {method}": space.seed_check} if space.seed_check else {}
        for vector in space.vectors:
            keys[f"{method} {vector.kind} {vector.entity}"] = vector.key
            keys |= {f"students {vector.entity}": vector.raw_forecasts} if vector.raw_forecasts else {}
    keys |= {f"neighbors {method}": key for method, key in plan.neighbors.items()}
    keys |= {f"map {method}": key for method, key in plan.map_ids.items()}
    return keys


def test_every_key_is_byte_for_byte_what_it_was(folder: Path):
    expected = {name: key for name, key in KEYS.items() if " task " not in name} | MOVED
    assert KEYS.keys() >= MOVED.keys()
    assert len(expected) > 200
    remembered = keys_of(Plan(Project(folder)))
    assert remembered.keys() == expected.keys() - {"release"}
    assert {name for name in remembered if remembered[name] != expected[name]} == INGESTED
    # and from the sources on, not only from what the last run remembered
    plan = answered(folder)
    assert {**keys_of(plan), "release": plan.release_id} == expected


def files_of(folder: Path) -> set[str]:
    """The files of its parts."""
    root = folder / "warehouse" / "parts"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_nothing_is_owed_but_what_was_moved(folder: Path):
    plan = Plan(Project(folder))
    owed_sets = [each for work in plan.model_works() for each in work.answer_sets]
    [missing] = [each for each in owed_sets if not plan.project.parts.has("predictions", each.key)]
    assert all(each.scores for each in owed_sets if each is not missing), "of the others only scores are"
    assert (missing.subject, missing.text_set) == SPLIT
    plan = embedded(folder, *plan.methods)
    plan.require_vectors()
    owed = {table for table, keys in plan.table_parts.items() if not plan.project.parts.keys(table).issuperset(keys)}
    assert owed == {*MADE} - NO_TABLE


def test_every_part_is_of_a_declared_kind_and_is_kept(folder: Path):
    Plan(Project(folder))
    today = files_of(folder)
    renamed = {"students": "raw_forecasts", "spread": "seed_checks"}
    assert {path.partition("/")[0] for path in GOLDEN["parts"]} >= renamed.keys()
    kinds = {path: path.partition("/")[0] for path in GOLDEN["parts"]}
    assert today == {f"{renamed.get(kind, kind)}/{path.partition('/')[2]}" for path, kind in kinds.items()}
    assert {path.partition("/")[0] for path in today} <= GRAPH.keys()


def test_a_run_makes_what_was_moved_and_its_releases_open(folder: Path, prefect_server: str):
    from taskatlas.flows.atlas import atlas

    Plan(Project(folder))  # which gives the folders of parts today's names
    before = files_of(folder)
    result = atlas(project=str(folder), device="cpu")
    # answers of one subject to the corpus, and its vectors in three spaces
    assert (result["release"], result["created"], result["computed"]) == ("v3", True, 4)
    assert result["stages"] == ["ingest", "predict", "embed", "benchmark"]
    made = {kind for kind, _, _ in (path.partition("/") for path in files_of(folder) - before)}
    # of features, the labels in all layers, by which sources are listed
    of_subject = {"predictions", "scores", "embeddings", "raw_forecasts", "neighbors"}
    assert made == {*MADE, *CHECKED, *of_subject, "rows", "examples", "features", "table_contents", "table_checks"}
    again = atlas(project=str(folder), device="cpu")
    assert (again["release"], again["created"], again["stages"]) == ("v3", False, [])
    assert [release.release for release in open_warehouse(Project(folder)).releases()] == ["v1", "v2", "v3"]
    reader = Reader(folder / "warehouse" / "catalog.duckdb")
    assert reader.releases()["release"].to_pylist() == ["v1", "v2", "v3"]
    assert reader.sql('SELECT count(*) AS n FROM "scores@v1"')["n"].to_pylist()[0] > 0


def test_it_is_extended_without_computing_what_was_there(folder: Path, prefect_server: str):
    from taskatlas.flows.atlas import atlas
    from tests.support.projects import write_card

    write_card(folder, "prompts", "dull", models=["enc"], families=["sentiment"],
               choices={"negative": "dull", "positive": "kind"})  # fmt: skip
    result = atlas(project=str(folder), device="cpu")
    # answers to the corpus and two datasets, and vectors in three spaces; and what is made without the new card
    assert (result["release"], result["created"], result["computed"]) == ("v3", True, 6 + 4)
