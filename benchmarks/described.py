"""What is known of a dataset before anything is measured on it: the descriptions that the package mteb brings.

They are read from its source files as text, so that it need not be imported, and be installed without what it needs:
`pip install --no-deps mteb`. Nothing of it is kept here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

LANGUAGE = re.compile(r"[a-z]{3}-[A-Z][a-z]{3}")
KINDS = ("type", "category", "modalities", "domains", "task_subtypes")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Described:
    """What is known of a dataset: a description, its languages with their scripts, and words for what kind it is of."""

    description: str = ""
    languages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()


def installed() -> Path | None:
    """The folder of the package mteb, or none where it is not installed."""
    spec = find_spec("mteb")
    return Path(spec.origin).parent if spec and spec.origin else None


def descriptions(folder: Path) -> dict[str, Described]:
    """Name → what is known, of every dataset that a file below the folder describes."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "TaskMetadata(" in source:
            found |= dict(_of_file(ast.parse(source)))
    return found


def many_hot(sets: Sequence[frozenset[str]]) -> Floats:
    """A column for each word of n sets, 1 where a set has it; one of zeros where there is no word; float64 [n, d]."""
    words = sorted(set().union(*sets)) if sets else []
    return np.array([[float(word in each) for word in words] or [0.0] for each in sets])


def _of_file(module: ast.Module) -> Iterator[tuple[str, Described]]:
    names = {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "TaskMetadata":
            given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            for name in _texts(given.get("name"), names):
                yield name, _described(given, names)


def _described(given: dict[str, ast.expr], names: dict[str, ast.expr]) -> Described:
    languages = frozenset(text for text in _texts(given.get("eval_langs"), names) if LANGUAGE.fullmatch(text))
    kinds = frozenset(text for key in KINDS for text in _texts(given.get(key), names))
    return Described(" ".join(_texts(given.get("description"), names)), languages, kinds)


def _texts(value: ast.expr | None, names: dict[str, ast.expr]) -> list[str]:
    """The texts of an expression, those of the names that it uses included."""
    found, waiting, seen = [], [value] if value else [], set[str]()
    while waiting:
        expression = waiting.pop()
        for node in ast.walk(expression):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.Name) and node.id in names and node.id not in seen:
                seen.add(node.id)
                waiting.append(names[node.id])
    return found
