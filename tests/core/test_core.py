"""`pip install taskatlas` reads releases with a few packages; all else says in one line which extra it needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.environments import Environment, made
from tests.support.places import ROOT

HEAVY = {"torch", "transformers", "prefect", "datasets", "great-expectations", "pyiceberg", "pandas", "scikit-learn",
         "scipy", "streamlit", "sqlalchemy", "jinja2"}  # fmt: skip


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """An environment with what `pip install taskatlas` installs, and no more."""
    found = made(tmp_path_factory.mktemp("core") / "venv")
    found.install("-c", ROOT / "constraints.txt", wheel)
    return found


def test_the_core_reads_a_release(core: Environment, release: Path, tmp_path: Path):
    # a bare system: no zone is known to it but those of tzdata
    done = core.run(
        "python", "-W", "error", ROOT / "tests/support/core_reads.py", release, cwd=tmp_path, PYTHONTZPATH=""
    )
    assert done.returncode == 0, done.stderr
    installed = set(done.stdout.split())
    assert {"taskatlas", "duckdb", "pyarrow", "numpy"} <= installed
    assert not installed & HEAVY
    assert len(installed) < 25


@pytest.mark.parametrize("command", [
    ["sql", "FROM releases"], ["nearest", "mood"], ["recommend", "prompt", "mood", "-k", "1"], ["releases"],
])  # fmt: skip
def test_a_command_that_reads(core: Environment, release: Path, tmp_path: Path, command: list[str]):
    done = core.run("taskatlas", *command, "--json", cwd=tmp_path, TASKATLAS_PROJECT=str(release), PYTHONTZPATH="")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) > 0


def test_a_table_of_a_release(core: Environment, release: Path, tmp_path: Path):
    done = core.run("taskatlas", "releases", "-p", release, cwd=tmp_path, PYTHONTZPATH="")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["v1", "v2", "v3"]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_the_command_says_of_itself(core: Environment, tmp_path: Path, option: str):
    code = (
        f"import sys; sys.argv = ['taskatlas', {option!r}]\n"
        "from taskatlas.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'duckdb' not in sys.modules"
    )
    done = core.run("python", "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "taskatlas" in done.stdout


def test_a_project_is_written(core: Environment, tmp_path: Path):
    done = core.run("taskatlas", "init", "mine", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "mine/atlas.yaml").is_file()
    assert (tmp_path / "mine/data/cafe_reviews.csv").is_file()


@pytest.mark.parametrize(("command", "extra"), [
    (["run"], "run"),
    (["validate"], "run"),
    (["status"], "run"),
    (["invalidate", "mood"], "run"),
    (["import", "prompts", "templates.yaml"], "run"),
    (["import", "instructions", "task.json"], "run"),
    (["dashboard"], "dashboard"),
    (["dashboard", "--embedding-atlas"], "dashboard"),
    (["report", "--output", "release.html"], "dashboard"),
])  # fmt: skip
def test_a_command_that_needs_an_extra_says_which(core: Environment, release: Path, tmp_path: Path,
                                                  command: list[str], extra: str):  # fmt: skip
    done = core.run("taskatlas", *command, cwd=tmp_path, TASKATLAS_PROJECT=str(release))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the package ")
    assert done.stderr.endswith(f"Install what this needs with `pip install 'taskatlas[{extra}]'`\n")
    assert done.stderr.count("\n") == 1


def test_a_flow_of_the_entry_point_says_so_too(core: Environment, tmp_path: Path):
    code = "from taskatlas.cli.orchestrator import load_flow\nload_flow('atlas')"
    done = core.run("python", "-c", code, cwd=tmp_path)
    assert done.stderr.splitlines()[-1].endswith("Install what this needs with `pip install 'taskatlas[run]'`")
