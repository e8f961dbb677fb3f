"""Methods and kinds of model are named where they are registered: no other code tells one from another by its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import taskatlas
from taskatlas.embed import BROUGHT, METHODS, OURS, Options, shown_methods
from taskatlas.embed.text import Text
from taskatlas.errors import TaskatlasError
from taskatlas.installed import groups
from taskatlas.predict.kinds import KINDS
from taskatlas.schemas.models import MODEL_KINDS

PACKAGE = Path(taskatlas.__file__).parent
AMBIGUOUS = {"text", "prompt", "prefix"}
"""Names that are also a column, a card, a field or a setting. Where they stand beside `method` is seen all the same."""
NAMES = {*OURS, *KINDS} - AMBIGUOUS
HOMES = ("taskatlas.embed", "taskatlas.predict.kinds", "taskatlas.predict.language", "taskatlas.schemas")
"""Where methods and kinds are defined and registered, and the settings' defaults are."""
ALLOWED = {
    ("taskatlas.registry.references", "encoder"): "the field of a probe's card",
    **{
        (f"taskatlas.stages.{module}", "student"): "the column of what students alone expect"
        for module in ("forecasts", "benchmark", "questions.forecast")
    },
}
"""(module, name) → why it stands there."""
BESIDE_METHOD = re.compile(rf"\bmethod\b\s*\)?\s*(?:=|<>|!=|IN\s*\(|WHEN)\s*'(?:{'|'.join(OURS)})'", re.IGNORECASE)


def odd(options: Options) -> Text:
    return Text(options.axes, name="odd")


def brings(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Let a package bring a method."""
    points = [groups.EntryPoint(name, value, BROUGHT.name)]
    monkeypatch.setattr(groups, "entry_points", lambda name=name, **_: [each for each in points if each.name == name])


def strings(path: Path) -> Iterator[str]:
    """Every string constant of a module but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield from (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told
    )


def literals(texts: Iterator[str] | list[str]) -> set[str]:
    """The names that stand as a string, or in quotes within one, as SQL has them."""
    return {name for text in texts for name in NAMES if text == name or f"'{name}'" in text}


def elsewhere() -> dict[str, Path]:
    """Modules that are no home of methods or kinds."""
    folders = [PACKAGE, *(path for path in PACKAGE.iterdir() if path.is_symlink())]
    modules = {
        ".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for folder in folders
        for path in folder.rglob("*.py")
    }
    return {name: path for name, path in modules.items() if not name.startswith(HOMES)}


def queries() -> list[Path]:
    """The SQL files of the dashboards."""
    return sorted(PACKAGE.rglob("*.sql"))


def test_there_is_something_to_look_at():
    assert {"crosscov", "student", "linearised", "causal", "recorded"} <= NAMES
    assert KINDS.keys() == MODEL_KINDS.keys()
    assert len(elsewhere()) > 150
    assert len(queries()) > 30
    assert literals(["SELECT 1 WHERE method = 'student'", "lora"]) == {"student", "lora"}
    assert BESIDE_METHOD.search("WHERE x.method = 'text'")
    assert BESIDE_METHOD.search("CASE method WHEN 'crosscov' THEN 1")


def test_no_method_and_no_kind_is_named_away_from_home():
    found = {(module, name) for module, path in elsewhere().items() for name in literals(strings(path))}
    found |= {(path.name, name) for path in queries() for name in literals([path.read_text(encoding="utf-8")])}
    assert found == ALLOWED.keys()


def test_no_query_knows_a_method():
    asked = [*queries(), *elsewhere().values()]
    assert [path.name for path in asked if BESIDE_METHOD.search(path.read_text(encoding="utf-8"))] == []


def test_a_method_of_a_package_is_shown_after_ours(monkeypatch: pytest.MonkeyPatch):
    assert list(shown_methods())[: len(OURS)] == list(OURS)
    brings(monkeypatch, "odd", f"{__name__}:odd")
    assert shown_methods() == shown_methods(["odd"]) == {**dict.fromkeys(OURS, False), "student": True, "odd": False}


def test_a_package_that_is_broken_is_imported_only_where_its_method_is_used(monkeypatch: pytest.MonkeyPatch):
    brings(monkeypatch, "odd", "no_such_module:norms")
    assert list(shown_methods(list(OURS))) == list(METHODS) == [*OURS, "odd"]
    with pytest.raises(TaskatlasError, match=r"method odd of .*: cannot be loaded"):
        shown_methods(["odd"])


def test_the_package_that_is_an_example_brings_a_method_that_is_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(PACKAGE.parent / "examples" / "norms"))
    brings(monkeypatch, "norms", "norms:norms")
    assert list(shown_methods(["norms"])) == [*OURS, "norms"]
