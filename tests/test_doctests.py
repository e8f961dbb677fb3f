"""The examples in docstrings hold, of every module that has some."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.support.places import ROOT

_EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
_ROOMS = ("taskatlas", "flows", "tasks", "schemas")


def _name(path: Path) -> str:
    """What a module is imported as; those of other rooms are installed within taskatlas."""
    parts = [*path.relative_to(ROOT).with_suffix("").parts]
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "taskatlas" else ["taskatlas", *parts])


def _modules() -> list[str]:
    """Every module with an example, told by its text: most modules need not be imported."""
    files = {path for room in _ROOMS for path in (ROOT / room).rglob("*.py")}
    return sorted({_name(path) for path in files if _EXAMPLE.search(path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("name", _modules())
def test_the_examples_of_a_module_hold(name: str):
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted
    assert not results.failed


def test_examples_are_found_in_every_room():
    found = _modules()
    assert {"taskatlas.errors", "taskatlas.ingest.choices", "taskatlas.schemas.inputs"} <= {*found}
