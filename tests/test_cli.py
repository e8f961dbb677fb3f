"""Every command of the command line: its help, its table, its JSON, and the project it works on."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from taskatlas.cli.app import app
from taskatlas.cli.recommending import INTERVAL
from taskatlas.registry.load import load
from tests.support.cards import change_card
from tests.support.command_line import Result, run_cli

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
PRINTS_JSON = {
    "validate": [],
    "sql": ["SELECT dataset, family FROM datasets ORDER BY dataset"],
    "nearest": ["cafe_reviews", "-k", "2"],
    "releases": [],
    "status": [],
}
TOO_WIDE = {"releases": ("snapshots",)}
"""Columns that the table for people leaves out."""


def test_the_commands_are_those_of_the_design():
    names = "add benchmark dashboard import init invalidate nearest recommend releases report run "
    names += "sql status subset transfer try validate"
    assert names.split() == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does_with_an_example_that_parses(command: str):
    result = run_cli(command, "--help")
    assert result.code == 0
    epilog = typer.main.get_command(app).commands[command].epilog  # type: ignore[attr-defined]
    assert epilog.startswith("Example: `taskatlas ")
    text = " ".join(result.out.split())
    assert "Example: taskatlas" in text
    assert "Usage: taskatlas" in text
    example = epilog.split("`")[1]
    assert shlex.split(example)[:2] == ["taskatlas", command]
    if command != "init":
        assert "--project" in text
    if command not in {"init", "dashboard", "report"}:
        assert "--json" in text


def test_without_a_command_there_is_help():
    result = run_cli()
    assert result.code == 2
    assert all(command in result.out + result.err for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments", ["releses", "sql", "nearest", "recommend prompt x -k 0", "recommend task x", "run --colour"]
)
def test_a_wrong_call_is_told_without_a_traceback(arguments: str):
    done = run_cli(*arguments.split())
    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err


def as_json(done: Result) -> Any:
    assert done.code == 0, done.err
    return json.loads(done.out, parse_constant=pytest.fail)


@pytest.mark.parametrize("command", PRINTS_JSON)
def test_json_is_a_list_of_objects_and_nothing_else(command: str, published: Path):
    rows = as_json(run_cli(command, *PRINTS_JSON[command], "--project", published, "--json"))
    assert rows
    assert all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows)
    table = run_cli(command, *PRINTS_JSON[command], "-p", published)
    assert table.code == 0
    columns = [column for column in rows[0] if column not in TOO_WIDE.get(command, ())]
    assert table.out.split()[: len(columns)] == columns, "the table has the same columns"
    assert len(table.out.splitlines()) == len(rows) + 1


def test_sql(published: Path):
    query = "SELECT dataset, labels, 0.5 AS half, NULL AS nothing FROM datasets ORDER BY dataset LIMIT 1"
    assert as_json(run_cli("sql", query, "-p", published, "--json")) == [
        {"dataset": "cafe_reviews", "labels": ["negative", "positive"], "half": 0.5, "nothing": None}
    ]


def test_what_is_recommended_is_said_first_and_listed(published: Path):
    said = as_json(run_cli("recommend", "prompt", "gadget_reviews", "-k", "2", "-p", published, "--json"))
    assert said.keys() == {"text", "release", "tried_since", "rows", "unknown_cost", "unknown_seconds"}
    assert [row["rank"] for row in said["rows"]] == [1, 2]
    told = run_cli("recommend", "prompt", "gadget_reviews", "-p", published)
    assert (
        " ".join(told.out.split())
        .lower()
        .startswith(f"{said['text'].lower()}. {INTERVAL} rank candidate verdict evidence expected low")
    )
    for question in ("model", "source"):
        rows = as_json(run_cli("recommend", question, "gadget_reviews", "-p", published, "--json"))["rows"]
        assert len({row["candidate"] for row in rows}) == len(rows) > 0


def test_what_costs_nobody_knows_is_told_apart(published: Path):
    done = run_cli("recommend", "prompt", "gadget_reviews", "--max-cost", "0.5", "-p", published)
    assert done.code == 0
    assert done.out.startswith("Nothing is known to cost at most 0.5 per 1,000 texts; nobody knows what ")
    assert "Of unknown cost:" in done.out
    said = as_json(run_cli("recommend", "prompt", "gadget_reviews", "--max-cost", "0.5", "-p", published, "--json"))
    assert said["rows"] == []
    assert {row["cost"] for row in said["unknown_cost"]} == {None}
    failed = run_cli("recommend", "prompt", "gadget_reviews", "--max-cost", "-1", "-p", published)
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == "error: -1.0 is no cost. Give the most that 1,000 answers may cost, such as 0.5\n"


def test_how_long_answers_may_take(published: Path):
    done = run_cli("recommend", "prompt", "gadget_reviews", "--max-seconds", "1e6", "-p", published)
    assert done.code == 0
    assert " seconds " in " ".join(done.out.split())
    said = as_json(run_cli("recommend", "prompt", "gadget_reviews", "--max-seconds", "0", "-p", published, "--json"))
    assert said["text"].startswith("nothing is known to take at most 0 s per 1,000 texts")
    failed = run_cli("recommend", "prompt", "gadget_reviews", "--max-seconds", "nan", "-p", published)
    assert failed.err == "error: nan is no time. Give the most that 1,000 answers may take in seconds, such as 60\n"


def test_nearest_and_recommend_tell_unknown_names_in_one_line(published: Path):
    for command, kind in ((["nearest"], "dataset or subject"), (["recommend", "model"], "dataset")):
        done = run_cli(*command, "cafe_reviewz", "--project", published)
        assert done.code == 2
        assert done.out == ""
        assert done.err.splitlines() == [
            f"error: no {kind} is called 'cafe_reviewz'. Did you mean 'cafe_reviews'?"
        ]  # fmt: skip


def test_verbose_shows_where_an_error_came_from(published: Path):
    done = run_cli("recommend", "prompt", "nothing-like-it", "--project", published, "-v")
    assert done.code == 2
    assert "Traceback" in done.err
    assert "UnknownNameError" in done.err
    assert "Traceback" not in run_cli("recommend", "prompt", "nothing-like-it", "--project", published).err


def test_init_writes_a_project_that_can_be_checked_at_once(tmp_path: Path):
    folder = tmp_path / "my [bold]atlas"
    done = run_cli("init", folder)
    assert done.code == 0
    assert f"A project is in {folder}." in done.out
    assert shlex.split(done.out.splitlines()[-1])[-2:] == ["--project", str(folder)]
    rows = as_json(run_cli("validate", "--project", folder, "--json"))
    assert len(rows) == 11
    assert {row["quarantined"] for row in rows} == {0}
    again = run_cli("init", folder)
    assert again.code == 2
    assert again.err.splitlines() == [f"error: {folder}: is not an empty folder. Name a new one"]


def test_an_empty_project_holds_and_says_what_comes_next(tmp_path: Path):
    folder = tmp_path / "our atlas"
    done = run_cli("init", folder, "--empty")
    assert (done.code, done.err) == (0, "")
    option = f"--project {shlex.quote(str(folder))}"
    assert done.out.splitlines() == [
        f"An empty project is in {folder}. Next:",
        f"  taskatlas add dataset FILE {option}",
    ]
    registry = load(folder)
    assert registry.project.name == "our-atlas"
    assert not registry.datasets
    assert not registry.models
    assert not registry.prompts
    checked = run_cli("validate", "-p", folder, "--json")
    assert [(row["name"], row["rows"]) for row in as_json(checked)] == [("everyday", 816)]
    assert checked.err.splitlines() == [
        f"there is no dataset yet: `taskatlas add dataset FILE -p {shlex.quote(str(folder))}`",
        f"there is no model yet: `taskatlas add endpoint URL -p {shlex.quote(str(folder))}`",
        f"there are no prompts yet: `taskatlas import prompts FILE -p {shlex.quote(str(folder))}`",
    ]
    again = run_cli("init", folder, "--empty")
    assert again.err.splitlines() == [f"error: {folder}: is not an empty folder. Name a new one"]


def test_a_run_of_an_empty_project_says_what_to_type(tmp_path: Path):
    run_cli("init", tmp_path / "ours", "--empty")
    done = run_cli("run", "-p", tmp_path / "ours")
    assert done.code == 2
    todo = f"Add one with `taskatlas add dataset FILE -p {tmp_path}/ours`"
    assert done.err.splitlines() == [f"error: ours: there is no dataset yet, and nobody to ask. {todo}"]


@pytest.mark.parametrize(
    ("folder", "name"), [("my [bold]Atlas", "my-bold-atlas"), ("hotels_2026", "hotels_2026"), ("原子", "starter")]
)
def test_a_new_project_has_the_name_of_its_folder(tmp_path: Path, folder: str, name: str):
    assert run_cli("init", tmp_path / folder).code == 0
    assert load(tmp_path / folder).project.name == name


def test_without_a_project_it_is_the_starter_project_in_its_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASKATLAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TASKATLAS_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    (row, *_) = as_json(run_cli("status", "--json"))
    assert row == {"stage": "ingest", "unit": "sources", "done": 0, "missing": 11}
    assert (tmp_path / "home/starter/atlas.yaml").is_file()
    # what somebody changed there stays
    change_card(tmp_path / "home/starter/atlas.yaml", description="Mine now")
    (tmp_path / "home/starter/datasets/inbox_spam.yaml").unlink()
    (tmp_path / "home/starter/models/probe-inbox-spam.yaml").unlink()
    for card in (tmp_path / "home/starter/prompts").glob("spam-*.yaml"):
        card.unlink()
    assert as_json(run_cli("status", "--json"))[0]["missing"] == 10


def test_a_project_is_found_by_option_by_variable_or_by_being_there(
    small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TASKATLAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TASKATLAS_PROJECT", raising=False)
    status = as_json(run_cli("status", "--json", "--project", small_project))
    assert status[0]["missing"] == 5
    monkeypatch.chdir(small_project.parent)
    assert as_json(run_cli("status", "--json", "--project", small_project.name)) == status
    monkeypatch.setenv("TASKATLAS_PROJECT", str(small_project))
    assert as_json(run_cli("status", "--json")) == status
    monkeypatch.delenv("TASKATLAS_PROJECT")
    monkeypatch.chdir(small_project)
    assert as_json(run_cli("status", "--json")) == status
    assert not (tmp_path / "home").exists()
