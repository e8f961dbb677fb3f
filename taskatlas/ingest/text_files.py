"""Text files → columns of raw strings: JSONL, JSON and plain text.

A file that does not hold together as a whole stops the run here, with the line. Whether a single row is any good is not
asked here. Blank lines hold no row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from taskatlas.errors import InputError
from taskatlas.ingest.cells import (
    MOST_WITHIN,
    NO_LISTS,
    Columns,
    Held,
    Lists,
    list_as_text,
    name_within,
    require_columns,
    require_rows,
)
from taskatlas.ingest.decode import decode

_DEEPEST = 3
"""How many names may lead to what is within a column."""
_AS_OBJECT = 'write one JSON object per line: {"text": ...}'


def read_jsonl(
    path: Path, display_name: str, column_names: Sequence[str], encoding: str, lists: Lists = NO_LISTS
) -> Columns:
    """Read keys of a file with one JSON object per line; numbers keep the digits of the file. A key of an object within
    is named after it and a dot; lists are given as JSON where they may be.

    Raises:
        InputError: a line is no object, a key is in no line, or a value of it is an object or a list that may not be.
    """
    records = _of_lines(decode(path, display_name, encoding), display_name)
    return _columns(records, display_name, column_names, lists)


def read_json(
    path: Path, display_name: str, column_names: Sequence[str], encoding: str, lists: Lists = NO_LISTS
) -> Columns:
    """Read keys of a file with a JSON array of objects, or with one object per line; as `read_jsonl`.

    Raises:
        InputError: as of `read_jsonl`, or the file is neither.
    """
    records = _records(decode(path, display_name, encoding), display_name)
    return _columns(records, display_name, column_names, lists)


def json_held(path: Path, display_name: str, encoding: str) -> Held:
    """Return what such a file's objects hold.

    Raises:
        InputError: it is neither an array of objects nor one object per line.
    """
    seen: dict[tuple[str, ...], set[str]] = {}
    for where, record in _records(decode(path, display_name, encoding), display_name):
        for key, value in _object(record, where).items():
            _note(seen, (key,), value)
    within = Counter(each[0] for each in seen if len(each) > 1)
    held: Held = {}
    for name, kinds in seen.items():
        if "objects" in kinds or (len(name) > 1 and (not kinds or within[name[0]] > MOST_WITHIN)):
            continue
        held[name] = "list" if "list" in kinds else "value"
    return held


def _note(seen: dict[tuple[str, ...], set[str]], path: tuple[str, ...], value: object, *, listed: bool = False) -> None:
    """Note what a value is, and what is within it; a value of each object of a list is a list of values."""
    kinds = seen.setdefault(path, set())
    if isinstance(value, list) and not any(isinstance(each, list | dict) for each in value):
        kinds.add("objects" if listed else "list")
    elif isinstance(value, list | dict):
        kinds.add("objects")
        objects = value if isinstance(value, list) else [value]
        if len(path) <= _DEEPEST and not (listed and isinstance(value, list)):
            for each in objects:
                for key, inner in each.items() if isinstance(each, dict) else ():
                    if "." not in key:
                        _note(seen, (*path, key), inner, listed=listed or isinstance(value, list))
    elif value is not None:
        kinds.add("list" if listed else "value")


def read_txt(path: Path, display_name: str, column_names: Sequence[str], encoding: str) -> Columns:
    """Read one text per line, as the column `text`.

    Raises:
        InputError: another column is named, or the file holds no text.
    """
    require_columns(column_names, ["text"], display_name)
    texts: list[str | None] = [content for _, content in _lines(decode(path, display_name, encoding))]
    return require_rows(dict.fromkeys(column_names, texts), display_name)


def _of_lines(text: str, display_name: str) -> Iterator[tuple[str, object]]:
    for line, content in _lines(text):
        where = f"{display_name}, line {line}"
        yield where, _parsed(content, where, "write one JSON object per line")


def _records(text: str, display_name: str) -> Iterable[tuple[str, object]]:
    """The records of an array, or of lines, each with where it stands."""
    if not text.lstrip().startswith("["):
        return _of_lines(text, display_name)
    records = _parsed(text, display_name, "mend it: a JSON array of objects, [{...}, ...]")
    return [(f"{display_name}, element {place}", record) for place, record in enumerate(records, start=1)]


def _object(record: object, where: str) -> dict[str, object]:
    if not isinstance(record, dict):
        kind = "an array" if isinstance(record, list) else "a single value"
        raise InputError(f"this is {kind}, not an object", where=where, todo=_AS_OBJECT)
    return record


def _columns(
    placed: Iterable[tuple[str, object]], display_name: str, column_names: Sequence[str], lists: Lists
) -> Columns:
    """The cells of records, each with where it stands."""
    cells: Columns = {name: [] for name in column_names}
    seen: dict[str, None] = {}
    for where, record in placed:
        fields = _object(record, where)
        within = {name: found for name in cells if name not in fields and (found := _within(fields, name)) is not None}
        seen.update(dict.fromkeys([*fields, *within]))
        for name, column in cells.items():
            value = fields.get(name, within.get(name))
            is_list = name in lists and isinstance(value, list)
            column.append(_list(value, lists[name], name, where) if is_list else _cell(value, name, where))
    require_columns(column_names, list(seen), display_name)
    return require_rows(cells, display_name)


def _within(fields: object, name: str) -> object:
    """Return what an object holds under a name with dots, a number being a place in a list, and another name what each
    object of a list holds; None where there is nothing."""
    keys = name.split(".")
    for place, key in enumerate(keys):
        if isinstance(fields, list) and key.isascii() and key.isdigit():
            fields = fields[int(key)] if int(key) < len(fields) else None
        elif isinstance(fields, list):
            each = [_within(item, ".".join(keys[place:])) for item in fields]
            return each if any(item is not None for item in each) else None
        else:
            fields = fields.get(key) if isinstance(fields, dict) else None
    return fields


def _list(items: Any, form: Literal["json", "lines"], name: str, where: str) -> str:
    if held := next((item for item in items if isinstance(item, dict) and item), None):
        raise InputError(f"column {name!r} holds a list of objects", where=where, todo=name_within(name, [*held]))
    return list_as_text([_cell(item, name, where) for item in items], form)


def _parsed(text: str, where: str, todo: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError) as error:
        at = f"line {error.lineno}, " if isinstance(error, ValueError) and error.lineno > 1 else ""
        reason = f"{error.msg}, {at}column {error.colno}" if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(f"this is not JSON ({reason})", where=where, todo=todo) from error


def _cell(value: object, name: str, where: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        kind = "a list" if isinstance(value, list) else "an object"
        raise InputError(f"column {name!r} holds {kind}", where=where, todo="write it as text, or name another column")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of the lines that are not blank. Only a line feed ends a line: text may hold U+2028."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r")
