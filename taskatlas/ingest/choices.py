"""Choices that are each row's own, of multiple choice: cells as choices, and raw labels as their places."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

from taskatlas.errors import InputError
from taskatlas.ingest.clean import clean_line, clean_text
from taskatlas.schemas.inputs import CHOICE_LABELS

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


def labels_of_choices(labels: Sequence[str | None], choices: Sequence[Sequence[str]], where: str) -> list[str | None]:
    """Return the places that the cleaned raw labels of a dataset's rows mean. They are places, or indices from 0, or
    the texts of one choice each, and are all of one kind: of that which means a choice in the most rows. A label of
    another kind means no place, and where two kinds fit alike, nor does one that they read as two choices.

    >>> labels_of_choices(["1", "0"], [["rain", "snow"], ["1", "2"]], "d")
    ['B', 'A']
    >>> labels_of_choices(["snow", "A"], [["rain", "snow"], ["B", "A"]], "d")
    ['B', 'B']

    Raises:
        InputError: they are indices, which begin at 1.
    """
    readings = {read: [*map(read, labels, choices)] for read in (_place, _index, _text)}
    of_most = max(_n_there(read, choices) for read in readings.values())
    best = [reading for reading in readings.values() if _n_there(reading, choices) == of_most]
    if best == [readings[_index]]:
        _require_from_zero(labels, choices, where)
    return [
        meant.pop() if len(meant := {reading[row] for reading in best} - {None}) == 1 else _as_no_place(label)
        for row, label in enumerate(labels)
    ]


def _n_there(reading: Sequence[str | None], choices: Sequence[Sequence[str]]) -> int:
    return sum(place in CHOICE_LABELS[: len(own)] for place, own in zip(reading, choices, strict=True))


def _place(label: str | None, _: Sequence[str]) -> str | None:
    """Return the place that a label names, there or not."""
    return label.upper() if label and label.upper() in CHOICE_LABELS else None


def _index(label: str | None, choices: Sequence[str]) -> str | None:
    there = label is not None and _is_count(label) and int(label) < min(len(choices), len(CHOICE_LABELS))
    return CHOICE_LABELS[int(label or 0)] if there else None


def _text(label: str | None, choices: Sequence[str]) -> str | None:
    """Return the place of the one choice that a label repeats."""
    meant = [place for place, choice in zip(CHOICE_LABELS, choices, strict=False) if clean_line(choice) == label]
    return meant[0] if label and len(meant) == 1 else None


def _is_count(label: str) -> bool:
    return label.isascii() and label.isdigit() and len(label) <= 2


def _as_no_place(label: str | None) -> str | None:
    """Return a label that means no place as one that is called like none, so that it is kept apart."""
    return f'"{label}"' if label and label.upper() in CHOICE_LABELS else label


def _require_from_zero(labels: Sequence[str | None], choices: Sequence[Sequence[str]], where: str) -> None:
    """Check that indices do not begin at 1: then none is 0, and some are as many as their row has choices."""
    counts = [label for label in labels if label is not None and _is_count(label)]
    n_last = sum(label == str(len(own)) for label, own in zip(labels, choices, strict=True))
    if "0" in counts or not n_last:
        return
    named = ", ".join(f'"{n}": {place}' for n, place in enumerate(CHOICE_LABELS[: max(map(int, counts))], start=1))
    what = f"no label is 0, and {n_last} are as large as the number of their row's choices: they count from 1"
    raise InputError(what, where=where, todo=f"write `label_map: {{{named}}}` in the card")


def _listed(cell: str) -> list[str]:
    """Return the texts of a list of single values as JSON or Python writes it; of anything else nothing. Numbers keep
    their digits where it is JSON."""
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
