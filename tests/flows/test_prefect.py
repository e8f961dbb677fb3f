"""What a run leaves in Prefect: small results of plain values, artifacts without texts or secrets, nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import StoreError
from tests.flows.conftest import SECRET, Undisturbed
from tests.flows.observe import STAGES, Run, observed

TASKS = 3 * (2 + 1) + 2 + 2 * 3 + 1 + 1
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


def test_tasks_take_keys_paths_and_counts(undisturbed: Undisturbed):
    assert len(undisturbed.handed) == TASKS
    for parameters in undisturbed.handed:
        assert plain(parameters), parameters
        assert len(json.dumps(parameters)) < MOST_BYTES
    assert sum("key" in parameters for parameters in undisturbed.handed) == TASKS - 1, "publishing is not cached"


def test_tasks_return_small_manifests(seen: Run):
    results = seen.results()
    assert len(results) == TASKS - 1
    for size, value in results:
        assert size < MOST_BYTES
        assert plain(value), value


def test_every_task_ran_once_under_a_name_that_says_on_what(seen: Run, project: Path):
    tasks = seen.tasks(TASKS)
    assert {task.state.name for task in tasks} == {"Completed"}
    assert {task.run_count for task in tasks} == {1}
    names = {task.name for task in tasks}
    assert {"read cafe_reviews", "check everyday", "select gadget_reviews", "answer vader", "embed crosscov"} <= names


def test_a_run_leaves_a_table_per_stage_and_a_note(seen: Run):
    artifacts = seen.artifacts()
    assert set(artifacts) == {f"taskatlas-{stage}" for stage in STAGES if stage != "publish"} | {"taskatlas-release"}
    rows = {key: json.loads(str(found.data)) for key, found in artifacts.items() if found.type == "table"}
    assert [row["origin"] for row in rows["taskatlas-ingest"]] == ["cafe_reviews", "gadget_reviews", "everyday"]
    assert {row["model"]: row["answer_sets"] for row in rows["taskatlas-predict"]} == {"minilm": 6, "vader": 3}
    assert [row["method"] for row in rows["taskatlas-embed"]] == ["text", "crosscov", "student"]
    assert "random" in {row["method"] for row in rows["taskatlas-benchmark"]}
    note = artifacts["taskatlas-release"]
    assert note.type == "markdown"
    assert "v1: published" in str(note.data)
    assert "| subjects | 3 |" in str(note.data)


def test_no_example_is_in_an_artifact_or_a_result(seen: Run, project: Path):
    texts = [line for line in (project / "data" / "everyday_texts.txt").read_text().splitlines() if len(line) > 30]
    texts += [
        line.split(",")[0].strip('"') for line in (project / "data" / "cafe_reviews.csv").read_text().splitlines()
    ]
    left = "".join(str(found.data) for found in seen.artifacts().values()) + json.dumps(
        [each for _, each in seen.results()]
    )
    assert not [text for text in texts if len(text) > 30 and text in left]


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
