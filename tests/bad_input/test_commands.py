"""Questions and commands that cannot be answered: bad SQL, unknown names, no project, no release."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.command_line import run_cli, what_is_published
from tests.support.failing import fails
from tests.support.projects import copied

QUERIES = {
    "a word that is none": ("SELEC 1", "Parser Error: syntax error at or near", "Mend the query; `taskatlas sql"),
    "an unknown table": (
        "SELECT * FROM score",
        "Catalog Error: Table with name score does not exist",
        'Did you mean "scores"?',
    ),
    "an unknown column": (
        "SELECT sujbect FROM scores",
        "Binder Error: Referenced column",
        'Candidate bindings: "subject"',
    ),
    "an unknown release": (
        'SELECT * FROM "scores@v9"',
        "Catalog Error: Table with name scores@v9",
        'Did you mean "scores@v1"?',
    ),
    "a file": (
        "SELECT * FROM 'gone.parquet'",
        "the catalog can only be read; files, addresses and extensions are closed",
        "Ask its tables; `taskatlas sql",
    ),
    "nothing": ("", "the query has no result", "End it with a SELECT"),
    "two at once": ("SELECT 1; SELECT 2", "the query holds 2 statements", "Ask one at a time"),
    "a comment": ("/* nothing */", "the query has no result", "End it with a SELECT"),
}


@pytest.mark.parametrize("case", QUERIES)
def test_a_bad_query(project: Path, case: str):
    query, what, todo = QUERIES[case]
    fails("sql", query, "--project", project, where="", what=what, todo=todo)


@pytest.mark.parametrize(
    "query",
    [
        "DROP VIEW scores",
        "CREATE TABLE mine AS SELECT 1 AS n",
        "INSERT INTO scores SELECT * FROM scores",
        "UPDATE datasets SET family = 'x'",
        "DELETE FROM releases",
    ],
)
def test_a_query_that_writes_changes_nothing(project: Path, query: str):
    done = run_cli("sql", query, "--project", project)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


NAMES: dict[str, tuple[Sequence[str], str, str]] = {
    "nearest": (["nearest", "cafe_review"], "no dataset or subject is called 'cafe_review'", "'cafe_reviews'?"),
    "nearest subject": (["nearest", "minilm/stars"], "no dataset or subject is called", "'minilm/stars-one-five'?"),
    "nearest, with a quote": (["nearest", "x'; DROP VIEW scores; --"], "no dataset or subject is called", "nown are: "),
    "nearest, with a path": (["nearest", "../../etc/passwd"], "no dataset or subject is called", ""),
    "recommend": (
        ["recommend", "prompt", "gadget_revews"],
        "no dataset is called 'gadget_revews'",
        "'gadget_reviews'?",
    ),
    "recommend for a subject": (
        ["recommend", "prompt", "vader"],
        "no dataset is called 'vader'",
        "nown are: cafe_reviews, ",
    ),
    "invalidate": (["invalidate", "vadr"], "no dataset, corpus, model, subject or space is called 'vadr'", "'vader'?"),
    "invalidate a path": (["invalidate", "../v"], "no dataset, corpus, model, subject or space is called '../v'", ""),
}


@pytest.mark.parametrize("case", NAMES)
def test_an_unknown_name_gets_the_nearest_one(project: Path, case: str):
    command, what, todo = NAMES[case]
    fails(*command, "--project", project, where="", what=what, todo=todo)


def test_one_unknown_name_among_known_ones_forgets_nothing(project: Path):
    parts = sorted((project / "warehouse" / "parts").rglob("*"))
    what, todo = "no dataset, corpus, model, subject or space is called 'vadr'", "'vader'?"
    fails("invalidate", "cafe_reviews", "vadr", "--project", project, where="", what=what, todo=todo)
    assert sorted((project / "warehouse" / "parts").rglob("*")) == parts


@pytest.mark.parametrize("command", [["invalidate"], ["invalidate", "vader", "--all"]])
def test_invalidate_asks_for_names_or_all(project: Path, command: list[str]):
    what, todo = "name what to forget, or give --all", "See `taskatlas invalidate --help`"
    fails(*command, "--project", project, where="", what=what, todo=todo)


@pytest.mark.parametrize("names", [["vader"], ["cafe_reviews", "vader"]])
def test_paid_answers_are_forgotten_with_all_alone(project: Path, names: list[str]):
    parts = sorted((project / "warehouse" / "parts").rglob("*"))
    command = ["invalidate", *names, "--paid-answers", "--project", project]
    fails(*command, where="", what="--paid-answers goes with --all", todo="See `taskatlas invalidate --help`")
    assert sorted((project / "warehouse" / "parts").rglob("*")) == parts


@pytest.mark.parametrize("command", [["sql", "SELECT 1"], ["nearest", "x"], ["recommend", "model", "x"], ["releases"]])
def test_no_release_yet(small_project: Path, command: list[str]):
    where, what = str(small_project / "warehouse" / "catalog.duckdb"), "there is no release yet"
    fails(*command, "--project", small_project, where=where, what=what, todo="Run `taskatlas run`")


def test_a_catalog_that_is_none(own_project: Path):
    catalog = own_project / "warehouse" / "catalog.duckdb"
    catalog.write_bytes(b"not a database" * 1_000)
    where, todo = str(catalog), "Run `taskatlas run`, which rebuilds it"
    fails("sql", "SELECT 1", "--project", own_project, where=where, what="cannot be read (", todo=todo)
    assert run_cli("run", "--project", own_project).code == 0
    assert what_is_published(own_project)[0]["releases"] == "v1"


@pytest.mark.parametrize("command", ["run", "validate", "status", "releases"])
def test_a_folder_without_a_project(tmp_path: Path, command: str):
    what = "there is no project here (atlas.yaml is missing)"
    todo = f"Write one with `taskatlas init {tmp_path}`"
    fails(command, "--project", tmp_path, where=str(tmp_path), what=what, todo=todo)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_project_that_holds_something(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    fails("status", "--project", tmp_path, where=str(tmp_path), what="there is no project", todo="`taskatlas init DIR`")
    wanted = tmp_path / "a project"
    todo = f"`taskatlas init '{wanted}'`"
    fails("status", "--project", wanted, where=str(wanted), what="there is no project", todo=todo)
    assert run_cli(*shlex.split(todo.strip("`"))[1:]).code == 0
    assert run_cli("status", "--project", wanted).code == 0


def test_init_leaves_a_folder_that_holds_something(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    fails("init", tmp_path, where=str(tmp_path), what="is not an empty folder", todo="Name a new one")
    fails("init", tmp_path / "mine.txt", where=str(tmp_path / "mine.txt"), what="is not an empty", todo="Name a new")
    fails("init", tmp_path / "mine.txt" / "new", where=str(tmp_path / "mine.txt" / "new"), what="cannot write", todo="")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_project_in_a_folder_with_an_odd_name(published: Path, tmp_path: Path):
    folder = copied(published, tmp_path / 'it\'s a "project" [1*].d %20#')
    assert what_is_published(folder) == what_is_published(published)
    done = run_cli("run", "--project", folder, "--json")
    assert (done.code, '"created": false' in done.out) == (0, True), done.err
