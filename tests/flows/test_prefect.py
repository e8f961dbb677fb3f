"""What Prefect gets of a run: names and keys for its tasks, artifacts without texts or secrets, no results."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.flow_engine import BaseFlowRunEngine
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from taskatlas.errors import StoreError
from taskatlas.tasks.heartbeats import one_heartbeat
from tests.support.prefect_runs import SECRET, STAGES, Handed, Run, Undisturbed, observed

TASKS = 3 * (2 + 1) + 2 + 2 * 3 + 1 + 6 + 1
"""read, check and select of two datasets and the corpus; two models; three methods twice; measure; transfers,
tokens, completed scores, regions, described and recommendations; release."""
NOTES = {"taskatlas-recommendations", "taskatlas-release"}
MOST_BYTES = 20_000


@pytest.fixture
def seen(undisturbed: Undisturbed) -> Run:
    return undisturbed.run


@pytest.fixture
def project(undisturbed: Undisturbed) -> Path:
    return undisturbed.folder


def plain(value: Any) -> bool:
    """Whether a value is made of what JSON knows, and of no text that could be an example's."""
    match value:
        case dict():
            return all(isinstance(key, str) and plain(inner) for key, inner in value.items())
        case list() | tuple():
            return len(value) < 100 and all(plain(inner) for inner in value)
        case str():
            return len(value) < 300
        case _:
            return value is None or isinstance(value, bool | int | float)


def as_plain(value: Any) -> Any:
    """A work item, or a sequence of them, as what JSON knows; work items cannot be changed."""
    if is_dataclass(value) and not isinstance(value, type):
        assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
        return asdict(value)
    return [as_plain(each) for each in value] if isinstance(value, list | tuple) else value


def test_tasks_take_names_and_keys(undisturbed: Undisturbed):
    assert len(undisturbed.handed) == TASKS
    for name, parameters in undisturbed.handed[:-1]:
        handed = as_plain(list(parameters.values()))
        assert plain(handed), (name, handed)
        assert len(json.dumps(handed)) < MOST_BYTES
    name, parameters = undisturbed.handed[-1]
    assert (name, [*parameters]) == ("release", ["plan"]), "which is the last, and looks at all of the plan"


def test_prefect_keeps_no_result(seen: Run):
    assert seen.results() == []
    assert {(task.cache_key, task.state.state_details.cache_key) for task in seen.tasks(TASKS)} == {(None, None)}
    assert not [task for task in seen.tasks(TASKS) if getattr(task.state.data, "storage_key", None)]


def test_every_task_ran_once_under_a_name_that_says_on_what(seen: Run, project: Path):
    tasks = seen.tasks(TASKS)
    assert {task.state.name for task in tasks} == {"Completed"}
    assert {task.run_count for task in tasks} == {1}
    names = {task.name for task in tasks}
    assert {"read cafe_reviews", "check everyday", "select gadget_reviews", "answer vader", "embed crosscov"} <= names


def test_a_run_leaves_a_table_per_stage_and_a_note(seen: Run):
    artifacts = seen.artifacts()
    assert set(artifacts) == {f"taskatlas-{stage}" for stage in STAGES if stage != "publish"} | NOTES
    rows = {key: json.loads(str(found.data)) for key, found in artifacts.items() if found.type == "table"}
    assert [row["origin"] for row in rows["taskatlas-ingest"]] == ["cafe_reviews", "gadget_reviews", "everyday"]
    assert {row["model"]: row["answer_sets"] for row in rows["taskatlas-predict"]} == {"minilm": 6, "vader": 3}
    assert [row["method"] for row in rows["taskatlas-embed"]] == ["text", "crosscov", "student"]
    assert "random" in {row["method"] for row in rows["taskatlas-benchmark"]}
    said = artifacts["taskatlas-recommendations"]
    assert said.type == "markdown"
    assert [line.partition(":")[0] for line in str(said.data).splitlines()] == [
        "- **cafe_reviews**", "- **gadget_reviews**",
    ]  # fmt: skip
    note = artifacts["taskatlas-release"]
    assert note.type == "markdown"
    assert "v1: published" in str(note.data)
    assert "| subjects | 3 |" in str(note.data)


def test_a_run_that_finds_all_its_parts_has_no_task_but_the_release(project: Path, tmp_path: Path, handed: Handed):
    from taskatlas.flows.atlas import atlas

    # a copy whose releases are elsewhere: it has all parts, and a warehouse of its own that is empty yet
    leave = shutil.ignore_patterns("iceberg*")
    folder = shutil.copytree(project, tmp_path / "copy", ignore=leave)
    again = observed(atlas, project=str(folder), device="cpu")
    assert (again.result["release"], again.result["created"], again.result["computed"]) == ("v1", True, 0)
    assert [name for name, _ in handed] == ["release"]
    assert {task.run_count for task in again.tasks(1)} == {1}
    assert again.results() == []
    assert set(again.artifacts()) == {"taskatlas-release"}


def test_no_example_is_in_an_artifact_or_a_task(seen: Run, project: Path):
    texts = [line for line in (project / "data" / "everyday_texts.txt").read_text().splitlines() if len(line) > 30]
    texts += [
        line.split(",")[0].strip('"') for line in (project / "data" / "cafe_reviews.csv").read_text().splitlines()
    ]
    left = [str(found.data) for found in seen.artifacts().values()]
    left += [task.model_dump_json() for task in seen.tasks(TASKS)]
    assert sum(len(text) > 30 for text in texts) > 100
    assert not [text for text in texts if len(text) > 30 and any(text in each for each in left)]


def files_with_the_password(project: Path) -> list[Path]:
    """Files of the project and of Prefect, its database among them, in which the catalog's password stands."""
    files = [path for place in (project, Path(os.environ["PREFECT_HOME"])) for path in place.rglob("*")]
    assert any(path.name == "prefect.db" for path in files)
    assert any(path.name == "catalog.duckdb" for path in files)
    return [path for path in files if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_the_catalogs_password_is_in_no_file_and_no_artifact(seen: Run, project: Path):
    assert not files_with_the_password(project)
    assert SECRET not in "".join(str(found.data) for found in seen.artifacts().values())


@pytest.mark.parametrize("address", ["postgresql+psycopg2://me:{}@127.0.0.1:9/db", "nonsense://me:{}@127.0.0.1/db"])
def test_a_catalog_that_does_not_open_is_named_without_its_password(
    project: Path, monkeypatch: pytest.MonkeyPatch, address: str
):
    from taskatlas.flows.publish import publish

    monkeypatch.setenv("TASKATLAS_CATALOG_URI", address.format(SECRET))
    failed = observed(publish, project=str(project)).result
    assert isinstance(failed, StoreError)
    assert SECRET not in str(failed)
    assert not files_with_the_password(project)


def test_the_stages_of_a_run_send_no_heartbeats_of_their_own(prefect_server: str, monkeypatch: pytest.MonkeyPatch):
    beating: list[str] = []
    monkeypatch.setattr(
        BaseFlowRunEngine, "_emit_flow_run_heartbeat", lambda engine, *_: beating.append(engine.flow.name)
    )

    @flow
    def stage() -> None:
        pass

    @flow
    def run() -> None:
        with one_heartbeat():
            stage()

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}):
        run()
    assert beating == ["run"]
