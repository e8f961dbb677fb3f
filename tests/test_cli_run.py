"""`taskatlas run` and what follows it: a run that computes, one that finds nothing to do, and forgetting."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from taskatlas.schemas.tables import TABLES
from tests.support.command_line import Result, run_cli
from tests.support.projects import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("run") / "a project")


@pytest.fixture(scope="module")
def first(project: Path, prefect_server: str) -> Result:
    return run_cli("run", "--project", project, "--device", "cpu")


@pytest.fixture(scope="module")
def second(project: Path, first: Result) -> Result:
    return run_cli("run", "--project", project, "--device", "cpu")


def test_a_run_says_where_it_works_and_shows_every_stage(project: Path, first: Result):
    assert first.code == 0, first.err
    lines = first.out.splitlines()
    assert lines[:2] == [f"project    {project}", "device     cpu"]
    stages = [line.split()[0] for line in lines[3 : lines.index(next(line for line in lines if "by accuracy" in line))]]
    # on a busy machine a stage tells how far it is after 30 seconds, too
    names = ["read", "validate", "select", "predict", "encode", "embed", "benchmark", "publish"]
    assert list(dict.fromkeys(stages)) == names


def test_logs_are_quiet(first: Result):
    assert first.err == ""
    assert "prefect." not in first.out
    assert "Flow run" not in first.out


def test_a_run_ends_with_a_summary_the_catalog_and_the_next_commands(project: Path, first: Result):
    lines = first.out.splitlines()
    assert "feel  sentiment, by accuracy" in lines
    assert sum(line.startswith("  choose ") for line in lines) == 2
    assert "2 datasets, 3 subjects, 60 corpus texts, 3 spaces; 0 rows in quarantine." in lines
    assert "Release v1 is published." in lines
    catalog, docs, following = lines[-3:]
    assert catalog == f"catalog    {project}/warehouse/catalog.duckdb"
    assert Path(catalog.removeprefix("catalog    ")).is_file()
    assert Path(docs.removeprefix("data docs  ")).is_file()
    commands = following.removeprefix("next       ").split(" · ")
    asking = ["taskatlas recommend prompt feel", "taskatlas nearest feel", 'taskatlas sql "SHOW TABLES"']
    assert commands == [f"{command} -p {shlex.quote(str(project))}" for command in ("taskatlas dashboard", *asking)]


def test_the_next_commands_work(project: Path, first: Result):
    for command in first.out.splitlines()[-1].removeprefix("next       ").split(" · ")[1:]:
        done = run_cli(*shlex.split(command)[1:])
        assert done.code == 0, done.err
        assert len(done.out.splitlines()) > 3


def test_a_second_run_computes_and_publishes_nothing_and_says_so(project: Path, second: Result):
    assert second.code == 0, second.err
    assert "Nothing has changed since release v1: nothing computed or published." in second.out.splitlines()
    assert "predict" not in {line.split()[0] for line in second.out.splitlines() if line.strip()}
    releases = json.loads(run_cli("releases", "--project", project, "--json").out)
    assert [row["release"] for row in releases] == ["v1"]
    assert set(releases[0]["snapshots"]) == set(TABLES) - {"releases"}
    assert "snapshots" not in run_cli("releases", "--project", project).out


def test_run_json_is_one_object_and_progress_goes_to_standard_error(project: Path, second: Result):
    done = run_cli("run", "--project", project, "--methods", "text, crosscov,student", "--device", "cpu", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["release"], found["created"], found["computed"]) == ("v1", False, 0)
    assert found["catalog"] == f"{project}/warehouse/catalog.duckdb"
    assert found["counts"]["subjects"] == 3
    assert 0 <= found["server_seconds"] <= found["seconds"]
    assert done.err.startswith(f"project    {project}")


def test_what_is_forgotten_is_made_again_without_a_new_release(project: Path, second: Result):
    told = json.loads(run_cli("invalidate", "probe", "mood", "--project", project, "--json").out)
    assert [row["name"] for row in told] == ["probe", "mood"]
    assert all(row["parts"] for row in told)
    missing = json.loads(run_cli("status", "--project", project, "--json").out)
    assert {row["stage"]: row["missing"] for row in missing} == {
        "ingest": 1, "predict": 3, "embed text": 1, "embed crosscov": 2, "embed student": 2, "publish": None,
    }  # fmt: skip
    done = run_cli("run", "--project", project, "--device", "cpu")
    assert "What was missing is made again; the result is release v1, as before." in done.out.splitlines()


@pytest.mark.parametrize("arguments", [[], ["probe", "--all"]])
def test_forgetting_needs_names_or_all(project: Path, arguments: list[str]):
    done = run_cli("invalidate", *arguments, "--project", project)
    assert done.code == 2
    assert done.err.splitlines() == ["error: name what to forget, or give --all. See `taskatlas invalidate --help`"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--methods", "crosscof"], "no method is called 'crosscof'. Did you mean 'crosscov'?"),
        (["--device", "gpu"], "gpu"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_done(project: Path, option: list[str], message: str):
    done = run_cli("run", "--project", project, *option)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert message in done.err
