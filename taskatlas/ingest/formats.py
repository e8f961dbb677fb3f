"""Text files → columns of raw strings: CSV, TSV, JSONL and plain text.

A file that does not hold together as a whole (ragged, wrongly encoded, an open quote, broken JSON) stops the run here,
with the line. Whether a single row is any good is not asked here. Blank lines hold no row, in every format.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from taskatlas.errors import InputError

MAX_CELL = 1_000_000
"""Characters of the longest cell: beyond it, something is wrong with the file rather than with the text."""

Columns = dict[str, list[str | None]]
"""Column → its cells in the order of the file, as raw text; None where a row has no value."""


def read_csv(
    path: Path, display_name: str, column_names: Sequence[str], encoding: str, delimiter: str = ","
) -> Columns:
    """Read columns of a file with a header, quoted as RFC 4180 says (TSV files, too).

    Args:
        path: the file.
        display_name: the file as errors name it.
        column_names: the columns to read; others are ignored.
        encoding: of the file; a byte order mark is dropped.
        delimiter: what separates cells.

    Raises:
        InputError: the file is not such a file, lacks a column, or holds no rows.
    """
    records = csv_records(decode(path, display_name, encoding), display_name, delimiter)
    line, header = next(records)
    names = [name.strip() for name in header]
    require_columns(column_names, names, f"{display_name}, line {line}")
    indices = [names.index(name) for name in column_names]
    cells: list[list[str | None]] = [[] for _ in column_names]
    for line, record in records:
        if len(record) != len(names):
            raise InputError(
                f"expected {len(names)} fields, got {len(record)}",
                where=f"{display_name}, line {line}",
                todo="quote a cell that holds the separator, and give every line as many fields as the header",
            )
        for column, index in zip(cells, indices, strict=True):
            column.append(record[index])
    return require_rows(dict(zip(column_names, cells, strict=True)), display_name)


def read_jsonl(path: Path, display_name: str, column_names: Sequence[str], encoding: str) -> Columns:
    """Read keys of a file with one JSON object per line; numbers keep the digits of the file.

    Raises:
        InputError: a line is no object, a key is in no line, or a value of it is a list or an object.
    """
    cells: Columns = {name: [] for name in column_names}
    seen: dict[str, None] = {}
    for line, content in _lines(decode(path, display_name, encoding)):
        record = _json_object(content, f"{display_name}, line {line}")
        seen.update(dict.fromkeys(record))
        for name, column in cells.items():
            column.append(_json_cell(record.get(name), name, f"{display_name}, line {line}"))
    require_columns(column_names, list(seen), display_name)
    return require_rows(cells, display_name)


def read_txt(path: Path, display_name: str, column_names: Sequence[str], encoding: str) -> Columns:
    """Read one text per line, as the column `text`.

    Raises:
        InputError: another column is named, a line is too long, or the file holds no text.
    """
    require_columns(column_names, ["text"], display_name)
    texts: list[str | None] = []
    for line, content in _lines(decode(path, display_name, encoding)):
        require_short(content, f"{display_name}, line {line}")
        texts.append(content)
    return require_rows(dict.fromkeys(column_names, texts), display_name)


def csv_records(text: str, display_name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number of its beginning, fields) of every record of a CSV file.

    Raises:
        InputError: a quote is left open, text follows one, or a cell is too long.
    """
    csv.field_size_limit(MAX_CELL)  # the module's limit is global and small: 131,072
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _csv_fault(str(error), f"{display_name}, line {line}") from error
        if record:
            yield line, record


def decode(path: Path, display_name: str, encoding: str) -> str:
    """Read the text of a file, without its byte order mark.

    Raises:
        InputError: the file is empty, unreadable, holds NUL bytes, or is not in that encoding.
    """
    try:
        raw = path.read_bytes()
        wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
        if not wide and b"\0" in raw:
            _refuse_nul(display_name, 1 + raw[: raw.index(0)].count(b"\n"))
        text = raw.decode(encoding).removeprefix("\ufeff")
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=display_name, todo="mend its permissions"
        ) from error
    except LookupError as error:
        todo = "set encoding: in the card"
        raise InputError(f"no encoding is called {encoding!r}", where=display_name, todo=todo) from error
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = 1 + raw[:at].count(b"\n")
        todo = "set encoding: in the card, for example windows-1252 or utf-16"
        what = f"byte {at} of the file is not {encoding}"
        raise InputError(what, where=f"{display_name}, line {line}", todo=todo) from error
    if "\0" in text:
        _refuse_nul(display_name, 1 + text[: text.index("\0")].count("\n"))
    if not text.strip():
        raise InputError("the file is empty", where=display_name, todo="fill it or remove its card")
    return text


def require_columns(required: Sequence[str], names: Sequence[str], where: str) -> None:
    """Check that every required column is there, once.

    Raises:
        InputError: one is not; the columns that are there are listed, and the nearest is offered.
    """
    for name in required:
        if name not in names:
            listed = ", ".join(known if len(known) <= 40 else f"{known[:40]}..." for known in names[:20])
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            todo = f"did you mean {near[0]!r}? Set columns: in the card" if near else "set columns: in the card"
            raise InputError(f"no column is called {name!r}; there are: {listed or 'none'}", where=where, todo=todo)
        if names.count(name) > 1:
            raise InputError(f"{names.count(name)} columns are called {name!r}", where=where, todo="rename all but one")


def require_rows(columns: Columns, display_name: str) -> Columns:
    """Return `columns`, if there are rows in them.

    Raises:
        InputError: there are none.
    """
    if not any(columns.values()):
        raise InputError("there are no rows", where=display_name, todo="fill the file or remove its card")
    return columns


def require_short(cell: str, where: str) -> None:
    """Check that a cell has no more than `MAX_CELL` characters.

    Raises:
        InputError: it has.
    """
    if len(cell) > MAX_CELL:
        raise InputError(f"a cell has more than {MAX_CELL:,} characters", where=where, todo="is a quote left open?")


def _refuse_nul(display_name: str, line: int) -> NoReturn:
    todo = "is it UTF-16 or binary? Set encoding: in the card, or name a text file"
    raise InputError("there are NUL bytes", where=f"{display_name}, line {line}", todo=todo)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of the lines that are not blank. Only a line feed ends a line: text may hold U+2028."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r")


def _csv_fault(message: str, where: str) -> InputError:
    if "field larger" in message:
        return InputError(f"a cell has more than {MAX_CELL:,} characters", where=where, todo="is a quote left open?")
    if "unexpected end" in message:
        todo = "close it, or double it to mean a quote"
        return InputError("a quote is opened and never closed", where=where, todo=todo)
    todo = "is a quote left open? Double a quote that stands within a quoted cell"
    return InputError(f"text follows a closing quote ({message})", where=where, todo=todo)


def _json_object(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = f"{error.msg}, column {error.colno}" if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(f"this is not JSON ({reason})", where=where, todo="write one JSON object per line") from error
    if not isinstance(record, dict):
        kind = "an array" if isinstance(record, list) else "a single value"
        todo = 'write one JSON object per line: {"text": ...}'
        raise InputError(f"this is {kind}, not an object", where=where, todo=todo)
    return record


def _json_cell(value: object, name: str, where: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        kind = "a list" if isinstance(value, list) else "an object"
        raise InputError(f"column {name!r} holds {kind}", where=where, todo="write it as text, or name another column")
    cell = str(value).lower() if isinstance(value, bool) else str(value)
    require_short(cell, where)
    return cell
