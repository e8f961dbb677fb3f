"""Choices that are each row's own, of multiple choice: cells as choices."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

from taskatlas.ingest.clean import clean_text

_LONGEST = 1_000_000
"""Characters of a list that is written within a cell."""


def read_choices(cells: Sequence[str | None]) -> list[str]:
    r"""Return the choices of a row, cleaned: of one cell those of the list in it, of several cells theirs.

    Places count: one that is blank stays, but for those at the end.

    >>> read_choices(['["a cat", "a dog"]']), read_choices(["rain", None, "snow", ""])
    (['a cat', 'a dog'], ['rain', '', 'snow'])
    """
    raw = read_list(cells[0] or "") if len(cells) == 1 else [cell or "" for cell in cells]
    choices = [clean_text(each) for each in raw]
    while choices and not choices[-1]:
        choices.pop()
    return choices


def read_list(cell: str) -> list[str]:
    """Return the texts of a list of single values as JSON or Python writes it; of anything else nothing. Numbers keep
    their digits where it is JSON.

    >>> read_list('["a", 1.50, null]'), read_list("['a', None]"), read_list("a, b")
    (['a', '1.50', ''], ['a', ''], [])
    """
    if len(cell) > _LONGEST or not cell.strip().startswith("["):
        return []
    for read in (_from_json, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return _single_values(found) if isinstance(found, list) else []
    return []


def _from_json(cell: str) -> Any:
    return json.loads(cell, parse_int=str, parse_float=str, parse_constant=str)


def _single_values(items: Sequence[object]) -> list[str]:
    if any(isinstance(each, list | dict | tuple | set | bytes) for each in items):
        return []
    return ["" if each is None else str(each).lower() if isinstance(each, bool) else str(each) for each in items]
