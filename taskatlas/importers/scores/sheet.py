"""A file of scores in any of its formats → columns and rows of text, each with where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from taskatlas.errors import InputError, did_you_mean
from taskatlas.importers.files import parse_json, read_bytes
from taskatlas.ingest.columnar import read_parquet
from taskatlas.ingest.decode import Remedy, decode_bytes
from taskatlas.ingest.delimited import csv_records

MAX_BYTES = 100_000_000
MAX_CELLS = 5_000_000
"""Of a file, with those that hold nothing."""
_BY_OPTION = Remedy("name its encoding with --encoding{}", "name another one")
Cells = tuple[str | None, ...]


@dataclass(frozen=True)
class Sheet:
    """A file of scores before anything is made of it.

    Attributes:
        columns: their names, each once; that of row names may be empty.
        rows: where each stands, such as 'line 7', and its cells in the order of the columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, Cells], ...]


def read_sheet(file: Path, encoding: str | None = None) -> Sheet:
    """Read a file: CSV, TSV, JSON (a list of objects, or an object of objects by row), JSONL or Parquet.

    Args:
        file: its format is told by how its name ends.
        encoding: of its text; None: UTF-8, or what a byte order mark says.

    Raises:
        InputError: it is of no such format, not whole, empty, too large, or in another encoding.
    """
    readers = {".csv": _csv, ".tsv": _csv, ".json": _json, ".jsonl": _jsonl}
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        return _bounded(_parquet(file), file)
    if suffix not in readers:
        what = f"files of the format {suffix or '(none)'} hold no scores that can be read"
        raise InputError(what, where=str(file), todo="save it as .csv, .tsv, .json, .jsonl or .parquet")
    return _bounded(readers[suffix](_text(file, encoding), file), file)


def _text(file: Path, encoding: str | None) -> str:
    return decode_bytes(read_bytes(file, MAX_BYTES), str(file), encoding or "utf-8", _BY_OPTION)


def _csv(text: str, file: Path) -> Sheet:
    records = csv_records(text, str(file), "\t" if file.suffix.lower() == ".tsv" else ",")
    line, header = next(records)
    columns = tuple(name.strip() for name in header)
    if len(columns) == 1 and (other := next((mark for mark in ";\t|" if mark in columns[0]), "")):
        todo = "separate cells by commas, or by tabs in a .tsv file"
        raise InputError(f"there is one column, and its cells hold {other!r}", where=f"{file}, line {line}", todo=todo)
    rows = []
    for line, record in records:
        if len(record) != len(columns):
            what = f"expected {len(columns)} fields, got {len(record)}"
            todo = "quote a cell that holds the separator, and give every line as many fields as the header"
            raise InputError(what, where=f"{file}, line {line}", todo=todo)
        rows.append((f"line {line}", tuple(record)))
    return Sheet(columns, tuple(rows))


def _json(text: str, file: Path) -> Sheet:
    content = parse_json(text, file, number=str)
    if isinstance(content, dict) and content and all(isinstance(row, dict) for row in content.values()):
        content = [{"": name, **row} for name, row in content.items()]
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        todo = 'write [{"subject": ..., "dataset": ..., "accuracy": ...}, ...]'
        raise InputError("is neither a list of objects nor an object of objects", where=str(file), todo=todo)
    return _of_objects([(f"row {place}", row) for place, row in enumerate(content, 1)], file)


def _jsonl(text: str, file: Path) -> Sheet:
    rows = []
    for line, content in enumerate(text.split("\n"), 1):
        if content.strip():
            row = parse_json(content, file, line=line, number=str)
            if not isinstance(row, dict):
                raise InputError("is no object", where=f"{file}, line {line}", todo="write one JSON object per line")
            rows.append((f"line {line}", row))
    return _of_objects(rows, file)


def _of_objects(rows: list[tuple[str, dict[str, Any]]], file: Path) -> Sheet:
    columns = tuple(dict.fromkeys(name for _, row in rows for name in row))
    if len(rows) * len(columns) > MAX_CELLS:
        raise _too_large(len(rows), len(columns), file)
    return Sheet(columns, tuple((place, tuple(map(_cell, map(row.get, columns)))) for place, row in rows))


def _cell(value: object) -> str | None:
    """A value as text; lists and objects say no name and no score."""
    return None if value is None or isinstance(value, list | dict) else str(value)


def _parquet(file: Path) -> Sheet:
    read_bytes(file, MAX_BYTES)
    try:
        footer = pq.read_metadata(file)
        fields = list(footer.schema.to_arrow_schema())
    except (pa.ArrowException, OSError, UnicodeError) as error:  # a damaged file can break anywhere
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"is not a whole Parquet file ({reason})", where=str(file), todo="write it again") from error
    if footer.num_rows * len(fields) > MAX_CELLS:
        raise _too_large(footer.num_rows, len(fields), file)
    names = [field.name for field in fields if not pa.types.is_nested(field.type)]
    columns = read_parquet(file, str(file), names)
    shown = tuple("" if name.startswith("__index_level_") else name for name in names)  # as pandas calls row names
    return Sheet(shown, tuple((f"row {place}", row) for place, row in enumerate(_transposed(columns, names), 1)))


def _transposed(columns: dict[str, list[str | None]], names: list[str]) -> Iterator[Cells]:
    return zip(*(columns[name] for name in names), strict=True)


def _bounded(sheet: Sheet, file: Path) -> Sheet:
    """Return a sheet that has rows, not too many, and names each of its columns once."""
    if not sheet.rows:
        raise InputError("there are no rows", where=str(file), todo="name another file")
    if len(sheet.rows) * len(sheet.columns) > MAX_CELLS:
        raise _too_large(len(sheet.rows), len(sheet.columns), file)
    name, times = Counter(sheet.columns).most_common(1)[0]
    if times > 1:
        raise InputError(f"{times} columns are called {name!r}", where=str(file), todo="rename all but one")
    return sheet


def _too_large(rows: int, columns: int, file: Path) -> InputError:
    what = f"has {rows:,} rows of {columns:,} columns, and {MAX_CELLS:,} cells are read at most"
    return InputError(what, where=str(file), todo="cut it into several files")


def column_for(role: str, sheet: Sheet, known_as: Collection[str], named: Mapping[str, str | None]) -> str | None:
    """Return the column that says something, by what a person named or by its own name; None where there is none.

    Args:
        role: what it says.
        sheet: a file.
        known_as: folded names that such columns have in people's files.
        named: what a person can name, by role: the column, or None where they did not.

    Raises:
        InputError: the column that was named is not there, or several may be it.
    """
    if (column := named.get(role)) is not None:
        if column not in sheet.columns:
            todo = did_you_mean(column, sheet.columns)
            raise InputError(f"no column is called {column!r}", where=f"--{role}", todo=todo)
        return column
    found = [column for column in sheet.columns if folded(column) in known_as]
    if len(found) > 1:
        what = f"the columns {' and '.join(map(repr, found))} may both be the {role}"
        raise InputError(what, todo=f"say --{role} COLUMN" if role in named else "rename one")
    return found[0] if found else None


def folded(column: str) -> str:
    """Return a column's name in lower case with _ between words."""
    return re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_")
