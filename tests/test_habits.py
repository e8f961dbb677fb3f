"""Habits: the same checks everywhere, documents that build strictly, and forms, fragments and a citation that hold."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import taskatlas
from taskatlas.cli.app import app
from tests.support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yaml"))
FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md")
JUST = shutil.which("just", path=sysconfig.get_path("scripts"))
LOADED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import"""
)
"""What would be loaded from elsewhere when a page is opened."""


def recipes() -> dict[str, list[str]]:
    """The recipes of the justfile with their commands."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "justfile").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"(\w+)[^:]*:$", line):
            found[match[1]] = []
        elif line.startswith("    "):
            found[[*found][-1]].append(line.strip())
    return found


def needs(package: str) -> pytest.MarkDecorator:
    """For tests of a package that the extra `test` installs."""
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


def test_check_is_ruff_and_mypy():
    assert recipes()["check"] == ["ruff check .", "ruff format --check .", "mypy"]


def test_pre_commit_and_ci_run_the_commands_of_just_check():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repo["repo"] == "local"
    assert [hook["entry"] for hook in repo["hooks"]] == recipes()["check"]
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    assert not any(hook["pass_filenames"] for hook in repo["hooks"])
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line in recipes()["check"]] == recipes()["check"]


def test_just_test_is_the_readmes_command():
    (command,) = recipes()["test"]
    assert f"pip install -c constraints.txt '.[test]' && {command}\n" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


def test_what_recipes_name_is_there():
    assert all((ROOT / path).exists() for path in re.findall(r"tests/\S+", " ".join(recipes()["fast"])))
    (pictures,) = recipes()["pictures"]
    assert importlib.util.find_spec(pictures.split()[2]) is not None


@pytest.mark.skipif(JUST is None, reason="rust-just is not installed")
def test_just_reads_its_file():
    assert JUST is not None
    told = subprocess.run([JUST, "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stderr.splitlines() == recipes()["check"]


@needs("pre_commit")
def test_pre_commit_reads_its_file():
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"], cwd=ROOT, check=True
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the documents, built once and strictly, by the command of `just docs`."""
    folder = tmp_path_factory.mktemp("site")
    (command,) = recipes()["docs"]
    assert command == "mkdocs build --strict"
    words = [sys.executable, "-m", *command.split(), "--site-dir", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def text_of(page: Path) -> str:
    """What a page says, without its tags."""
    return unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


@needs("mkdocs")
def test_the_site_has_every_document(site: Path):
    for path in (ROOT / "docs").rglob("*.md"):
        built = site / path.relative_to(ROOT / "docs").with_suffix(".html")
        assert built.exists() or (path.name == "README.md" and (built.parent / "index.html").exists()), path
    assert "Python 3.11 and pip" in text_of(site / "repository" / "index.html")


@needs("mkdocs")
def test_the_site_has_every_command_and_option(site: Path):
    shown = text_of(site / "reference" / "commands.html")
    waiting: list[tuple[str, Any]] = [("taskatlas", typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop()
        assert path in shown
        waiting += [(f"{path} {name}", inner) for name, inner in getattr(command, "commands", {}).items()]
        if path != "taskatlas":
            assert all(name in shown for each in command.params for name in each.opts if name.startswith("-"))


@needs("mkdocs")
def test_the_site_has_every_public_name(site: Path):
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in taskatlas.__all__:
        assert f'id="taskatlas.{name}"' in page or f'id="taskatlas.errors.{name}"' in page
    assert 'id="taskatlas.Atlas.sql"' in page


@needs("mkdocs")
def test_the_site_loads_nothing_from_elsewhere_and_draws_its_diagrams(site: Path):
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(pages) > 50
    assert [str(path) for path in pages if LOADED.search(path.read_text(encoding="utf-8"))] == []
    assert "<svg" in (site / "dataflow.html").read_text(encoding="utf-8")
    assert not [path for path in pages if "language-mermaid" in path.read_text(encoding="utf-8")]


def test_the_citation_parses_and_is_of_this_version():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "date-released", "license"} <= found.keys()
    assert found["authors"] == [{"name": "taskatlas developers"}]
    assert (found["version"], found["license"]) == (PROJECT["project"]["version"], PROJECT["project"]["license"])
    heading = f"## {found['version']} ({date.fromisoformat(found['date-released'])})"
    assert heading in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (paper,) = found["references"]
    assert paper["identifiers"][0]["value"] == "arXiv:2402.14522"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_for_issues_holds(path: Path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form.keys() == {"name", "description", "title", "labels", "body"}
    asked = [each for each in form["body"] if each["type"] != "markdown"]
    assert {each["type"] for each in asked} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert len({each["id"] for each in asked}) == len(asked)
    assert all(each["attributes"]["label"] for each in asked)
    assert any(each.get("validations", {}).get("required") for each in asked)


def test_the_forms_are_those_of_bugs_ideas_and_methods():
    assert [path.stem for path in FORMS] == ["bug", "idea", "method"]


def test_every_fragment_has_a_known_type():
    types = {entry["directory"] for entry in PROJECT["tool"]["towncrier"]["type"]}
    described = (ROOT / "changelog.d" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", described, flags=re.MULTILINE)) == types
    for path in FRAGMENTS:
        match = re.fullmatch(r"\+[a-z0-9-]+\.(\w+)\.md", path.name)
        assert match, path.name
        assert match[1] in types, path.name
        assert path.read_text(encoding="utf-8").endswith(".\n"), path.name


@needs("towncrier")
def test_the_fragments_make_a_section_of_the_changelog():
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "9.9.9", "--date", "2026-01-02"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.startswith("## 9.9.9 (2026-01-02)")
    words = " ".join(told.split())
    assert all(" ".join(path.read_text(encoding="utf-8").split()) in words for path in FRAGMENTS)
