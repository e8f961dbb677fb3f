"""Columns whose names differ by nothing but a number or a letter: option1 and option2, answerA to answerC."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass

from taskatlas.ingest.cells import plain_name
from taskatlas.schemas.inputs import CHOICE_LABELS

_COUNTED = re.compile(r"(?P<stem>.*?)_?(?P<mark>\d{1,2}|[a-z])")


@dataclass(frozen=True)
class Series:
    """Columns in the order of their numbers or letters.

    Attributes:
        columns: their names.
        stem: what the names have in common, as `plain_name` gives it.
        first: the number of the first, 0 or 1; None where they have letters.
    """

    columns: tuple[str, ...]
    stem: str
    first: int | None


def series_of(names: Iterable[str]) -> list[Series]:
    """Return the series among names of columns, each from its first column on, without a gap.

    >>> [each.columns for each in series_of(["q", "sol1", "sol2", "A", "B", "opa", "opb", "x3", "x4"])]
    [('A', 'B'), ('sol1', 'sol2'), ('opa', 'opb')]
    """
    by_stem: dict[tuple[str, bool], dict[str, str]] = {}
    for name in names:
        counted = _COUNTED.fullmatch(plain_name(name))
        if counted:
            key = (counted["stem"], counted["mark"].isdigit())
            by_stem.setdefault(key, {}).setdefault(counted["mark"].lstrip("0") or counted["mark"][:1], name)
    found = []
    for (stem, has_numbers), marked in by_stem.items():
        starts: tuple[int | None, ...] = (0, 1) if has_numbers else (None,)
        for first in starts:
            marks = string.ascii_lowercase if first is None else map(str, range(first, first + len(CHOICE_LABELS)))
            columns = _unbroken(marked, marks)
            if len(columns) > 1:
                found.append(Series(columns, stem, first))
                break
    return found


def _unbroken(marked: dict[str, str], marks: Iterable[str]) -> tuple[str, ...]:
    columns = []
    for mark in marks:
        if mark not in marked:
            break
        columns.append(marked[mark])
    return tuple(columns)
