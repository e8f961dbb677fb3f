"""Cells: what every reader gives, columns of raw text, and what is asked of them as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal

from taskatlas.errors import InputError

Columns = dict[str, list[str | None]]
"""Column → its cells in the order of the file, as raw text; None where a row has no value."""

Held = dict[tuple[str, ...], Literal["value", "list"]]
"""What a file holds: the name of a column, and those within it → whether rows have a value each there, or a list."""
MOST_WITHIN = 200
"""Names within one column; objects with more have names that say something of a row, and are no columns."""

Lists = Mapping[str, Literal["json", "lines"]]
"""Columns that may hold lists → how these are given."""
NO_LISTS: Lists = {}


def list_as_text(items: Sequence[object], form: Literal["json", "lines"]) -> str:
    r"""Return a list of single values as text.

    >>> list_as_text(["a", 1], "json"), list_as_text(["a b", None, "c\nd"], "lines")
    ('["a", "1"]', 'a b\n\nc d')
    """
    texts = [None if item is None else str(item) for item in items]
    if form == "json":
        return json.dumps(texts)
    return "\n".join(" ".join((text or "").splitlines()) for text in texts)


def name_within(name: str, keys: Sequence[str]) -> str:
    """Return how a card names what is within the objects of a list.

    >>> name_within("options", ["text"])
    'name what is within them, options.text; within are: text'
    """
    first = next((key for key in keys if key == "text"), keys[0])
    listed = ", ".join(key[:40] for key in keys[:20])
    return f"name what is within them, {name}.{first}; within are: {listed}"


def require_columns(required: Sequence[str], names: Sequence[str], where: str) -> None:
    """Check that every required column is there, once.

    Raises:
        InputError: one is not; the columns that are there are listed, and the nearest is offered.
    """
    for name in required:
        if name not in names:
            listed = ", ".join(known if len(known) <= 40 else f"{known[:40]}..." for known in names[:20] if known)
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            todo = f"did you mean {near[0]!r}? Set columns: in the card" if near else "set columns: in the card"
            raise InputError(f"no column is called {name!r}; there are: {listed or 'none'}", where=where, todo=todo)
    for repeated in repeated_columns(names).items():
        if repeated[0] in required:
            raise InputError(repetition_as_words(repeated), where=where, todo="rename all but one")


def repeated_columns(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the names that several columns have → at which places, from 1 on.

    >>> repeated_columns(["id", "text", "", "text", ""])
    {'text': [2, 4]}
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, start=1):
        places.setdefault(name, []).append(place)
    return {name: own for name, own in places.items() if name and len(own) > 1}


def repetition_as_words(repeated: tuple[str, Sequence[int]]) -> str:
    """Return a name that several columns have, for a person.

    >>> repetition_as_words(("text", [2, 4]))
    "2 columns are called 'text' (columns 2, 4)"
    """
    name, places = repeated
    return f"{len(places)} columns are called {name!r} (columns {', '.join(map(str, places))})"


def plain_name(name: str) -> str:
    """Return a column's name in small letters and single underscores, as names of columns are compared.

    >>> plain_name("Review Text"), plain_name("reviewText")
    ('review_text', 'review_text')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def chosen_splits(known: Mapping[str, object], split: str | None, display_name: str) -> list[str]:
    """Return the names of the splits that are read: the one that is named, or all that are known.

    Raises:
        InputError: the one that is named is not known; those that are known are listed.
    """
    if split is None:
        return list(known)
    if split not in known:
        todo = "name one of them at the end of the source, after a colon"
        raise InputError(f"no split is called {split!r}; there are: {', '.join(known)}", where=display_name, todo=todo)
    return [split]


def in_turn(pieces: Iterable[Columns], column_names: Sequence[str]) -> Columns:
    """Return the cells of several files as those of one."""
    columns: Columns = {name: [] for name in column_names}
    for piece in pieces:
        for name, cells in piece.items():
            columns[name].extend(cells)
    return columns


def require_rows(columns: Columns, display_name: str) -> Columns:
    """Return `columns`, if there are rows in them.

    Raises:
        InputError: there are none.
    """
    if not any(columns.values()):
        raise InputError("there are no rows", where=display_name, todo="fill the file or remove its card")
    return columns
