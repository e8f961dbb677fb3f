"""One word for one thing: the glossary defines each once, and public names use no other for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import taskatlas
from taskatlas.cli.app import app
from taskatlas.schemas.graph import GRAPH, OUTSIDE, STAGES, markdown
from taskatlas.schemas.models import MODEL_KINDS
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
PLAIN = set(
    "atlas taskatlas raw table error unknown damaged validation store name version open from context "  # noqa: SIM905
    "options result shared written closed form tuned axes numbers probabilities init report sql status validate import "
    "dashboard nearest recommend releases run invalidate add".split()
)
"""Words of any program, of mathematics, and of what a command does. A word of this field has its glossary entry."""


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


def undefined(names: Iterable[str]) -> set[str]:
    """Words of names that neither the glossary defines, nor are stages or kinds of model, nor plain."""
    kinds = {word for kind in MODEL_KINDS.values() for word in words_of(kind.__name__)} | MODEL_KINDS.keys()
    defined = {word for entry in glossary() for word in (entry, *entry.split())} | PLAIN | kinds | set(STAGES)
    return {word for name in names for word in words_of(name) if not {word, singular(word)} & defined}


def public_names(path: Path) -> list[str]:
    """A module's name and those of its classes and functions that begin with no underscore."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return [path.stem, *(node.name for node in nodes if not node.name.startswith("_"))]


def commands() -> list[str]:
    """The names of the commands."""
    named = [str(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands]
    return [*named, *(str(group.name) for group in app.registered_groups)]


def test_every_word_is_defined_once():
    words = glossary()
    assert len(words) > 40
    assert len(set(words)) == len(words)


def test_the_table_of_kinds_is_the_graphs():
    assert markdown() in DATAFLOW, "run: python -m taskatlas.schemas.graph"


def test_kinds_of_parts_tables_and_stages_are_in_words_of_the_glossary():
    # what a server answered, a good row, what answers took, what was tried
    assert undefined([*GRAPH, *TABLES]) <= {"answered", "good", "costs", "tried"}
    made_from = {name for kind in GRAPH.values() for name in kind.inputs}
    assert made_from <= {*GRAPH, *OUTSIDE}
    assert set(OUTSIDE) <= made_from
    stages = re.search(r"^\| stage \|.*$", DATAFLOW, flags=re.MULTILINE)
    assert stages
    assert all(stage in stages[0] for stage in STAGES)


def test_words_of_what_is_exported_and_of_commands_are_defined():
    assert undefined([*taskatlas.__all__, *commands()]) == set()


def test_a_word_that_nobody_defined_would_be_seen():
    assert undefined(["ZebraCard", "open_zebras", "Dataset", "AnswerSets"]) == {"zebra", "zebras"}


def test_every_plain_word_is_used():
    used = {word for name in (*taskatlas.__all__, *commands(), *GRAPH, *TABLES) for word in words_of(name)}
    assert used >= PLAIN


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda path: path.stem)
def test_no_benchmark_uses_a_former_word(path: Path):
    assert not {public for public in public_names(path) if words_of(public) & FORMER}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_public_name_uses_a_former_word(name: str):
    used = {public for public in public_names(MODULES[name]) if words_of(public) & FORMER} - STILL
    assert not used


def test_no_exported_name_and_no_command_uses_a_former_word():
    assert len(commands()) > 8
    assert not [name for name in (*taskatlas.__all__, *commands()) if words_of(name) & FORMER]


def test_classes_that_cross_rooms_have_names_of_their_own():
    homes: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}
