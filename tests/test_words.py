"""One word for one thing: the glossary defines each once, and public names use no other for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import taskatlas
from taskatlas.cli.app import app
from taskatlas.schemas.graph import GRAPH, OUTSIDE, STAGES, markdown
from taskatlas.schemas.tables import TABLES
from tests.support.modules import MODULES
from tests.support.places import ROOT

DATAFLOW = (ROOT / "docs" / "dataflow.md").read_text(encoding="utf-8")
FORMER = set(
    "owed todo origin origins standin place places found some told made spread units turns".split()  # noqa: SIM905
)
"""Words that meant several things, or what has another word now."""
STILL = {"render_turns", "join_turns"}
"""The turns of a chat are called so in the field."""
PLAIN = {"raw", "check", "table"}
"""Words of any program."""


def glossary() -> list[str]:
    """The words that docs/dataflow.md defines, in its order."""
    section = DATAFLOW[DATAFLOW.index("## Words") : DATAFLOW.index("## What a stage reads")]
    return [row.split("|")[1].strip() for row in section.splitlines() if row.startswith("| ")][2:]


def words_of(name: str) -> set[str]:
    """The words of a name in snake or camel case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def singular(word: str) -> str:
    """A word without its plural's ending, as far as names here have one."""
    irregular = {"bases": "basis", "corpora": "corpus", "rows": "rows", "quality": "quality", "status": "status"}
    return irregular.get(word, word.removesuffix("s"))


def public_names(path: Path) -> list[str]:
    """A module's name and those of its classes and functions that begin with no underscore."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return [path.stem, *(node.name for node in nodes if not node.name.startswith("_"))]


def test_every_word_is_defined_once():
    words = glossary()
    assert len(words) > 40
    assert len(set(words)) == len(words)


def test_the_table_of_kinds_is_the_graphs():
    assert markdown() in DATAFLOW, "run: python -m taskatlas.schemas.graph"


def test_kinds_of_parts_tables_and_stages_are_in_words_of_the_glossary():
    defined = {word for entry in glossary() for word in (entry, *entry.split())} | PLAIN
    named = {word for name in (*GRAPH, *TABLES) for word in name.split("_")}
    missing = {word for word in named if word not in defined and singular(word) not in defined}
    # what a server answered, a fitted probe, a good row, what answers took
    assert missing <= {"answered", "good", "costs", "probes"}
    made_from = {name for kind in GRAPH.values() for name in kind.inputs}
    assert made_from <= {*GRAPH, *OUTSIDE}
    assert set(OUTSIDE) <= made_from
    stages = re.search(r"^\| stage \|.*$", DATAFLOW, flags=re.MULTILINE)
    assert stages
    assert all(stage in stages[0] for stage in STAGES)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_public_name_uses_a_former_word(name: str):
    used = {public for public in public_names(MODULES[name]) if words_of(public) & FORMER} - STILL
    assert not used


def test_no_exported_name_and_no_command_uses_a_former_word():
    commands = [str(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands]
    assert len(commands) > 8
    assert not [name for name in (*taskatlas.__all__, *commands) if words_of(name) & FORMER]


def test_classes_that_cross_rooms_have_names_of_their_own():
    homes: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}
