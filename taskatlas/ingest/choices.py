"""Choices that are each row's own, of multiple choice: cells as choices, and raw labels as their places."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence

from taskatlas.ingest.clean import clean_line, clean_text
from taskatlas.schemas.inputs import PLACES

_LONGEST = 1_000_000
"""Characters of a list that is written within a cell."""


def read_choices(cells: Sequence[str | None]) -> list[str]:
    r"""Return the choices of a row, cleaned: of one cell those of the list in it, of several cells theirs.

    Places count: one that is blank stays, but for those at the end.

    >>> read_choices(['["a cat", "a dog"]']), read_choices(["rain", None, "snow", ""])
    (['a cat', 'a dog'], ['rain', '', 'snow'])
    """
    raw = _listed(cells[0] or "") if len(cells) == 1 else [cell or "" for cell in cells]
    choices = [clean_text(each) for each in raw]
    while choices and not choices[-1]:
        choices.pop()
    return choices


def label_of_choice(label: str | None, choices: Sequence[str]) -> str | None:
    """Return the place that a cleaned raw label means: it is one, or an index from 0, or the text of one choice. One
    that may mean two places stays as it is.

    >>> label_of_choice("1", ["rain", "snow"]), label_of_choice("snow", ["rain", "snow"])
    ('B', 'B')
    >>> label_of_choice("1", ["1", "2"])
    '1'
    """
    if label is None or label in PLACES[: len(choices)]:
        return label
    places = dict(zip(PLACES, choices, strict=False))
    meant = [place for place, choice in places.items() if clean_line(choice) == label]
    if label.isascii() and label.isdigit() and int(label) < len(choices):
        meant.append(PLACES[int(label)])
    return meant[0] if len(set(meant)) == 1 else label


def _listed(cell: str) -> list[str]:
    """Return the texts of a list as JSON or Python writes it; of anything else nothing."""
    if len(cell) > _LONGEST or not cell.strip().startswith("["):
        return []
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return ["" if each is None else str(each) for each in found] if isinstance(found, list) else []
    return []
