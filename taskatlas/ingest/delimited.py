"""Delimited text → columns of raw strings: CSV and TSV, as databases, Excel and people write them.

The separator is the card's, or that of a first line `sep=;`, or the first of those in use by which the header has the
columns that are asked for. Lines that hold separators alone hold no row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, require_columns, require_rows
from taskatlas.ingest.decode import decode

LONG = 1_000_000
"""Characters from which on a cell with line breaks is taken for a quote that was left open."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n?')
"""A first line with which Excel is told the separator."""
_NO_LIMIT = 1 << 31


def read_csv(
    path: Path,
    display_name: str,
    column_names: Sequence[str],
    encoding: str,
    *,
    delimiter: str | None = None,
    usual: str = ",",
) -> Columns:
    """Read columns of a file with a header, quoted as RFC 4180 says (TSV files, too).

    Args:
        path: the file.
        display_name: the file as errors name it.
        column_names: the columns to read; others are ignored.
        encoding: of the file; a byte order mark is dropped.
        delimiter: what separates cells; None: see above.
        usual: the separator of such files, which is tried first.

    Raises:
        InputError: the file is not such a file, lacks a column, or holds no rows.
    """
    text = decode(path, display_name, encoding)
    first = 1
    if sep_line := _SEP_LINE.match(text):
        text, first, usual = text[sep_line.end() :], 2, sep_line[1]
    if not delimiter:
        delimiter = _separator(text, column_names, usual)
    records = csv_records(text, display_name, delimiter, first_line=first)
    line, header = next(records, (first, []))
    names = [name.strip() for name in header]
    told = "" if delimiter == usual else f", separated by {SEPARATORS.get(delimiter, delimiter)}"
    require_columns(column_names, names, f"{display_name}, line {line}{told}")
    indices = [names.index(name) for name in column_names]
    cells: list[list[str | None]] = [[] for _ in column_names]
    for line, record in records:
        if len(record) != len(names):
            raise _ragged(len(names), record, f"{display_name}, line {line}")
        for column, index in zip(cells, indices, strict=True):
            column.append(record[index])
    return require_rows(dict(zip(column_names, cells, strict=True)), display_name)


def csv_header(
    path: Path, display_name: str, encoding: str, *, delimiter: str | None = None, usual: str = ","
) -> tuple[list[str], str]:
    """Return the names of the columns of such a file, and what separates them: where nothing says it, what makes most
    columns of the header.

    Raises:
        InputError: the file is not such a file.
    """
    text = decode(path, display_name, encoding)
    if sep_line := _SEP_LINE.match(text):
        text, delimiter = text[sep_line.end() :], delimiter or sep_line[1]
    found = delimiter or _separator(text, (), usual)
    _, header = next(csv_records(text, display_name, found), (1, []))
    return [name.strip() for name in header], found


def _ragged(expected: int, record: Sequence[str], where: str) -> InputError:
    todo = "quote a cell that holds the separator, and give every line as many fields as the header"
    return InputError(f"expected {expected} fields, got {len(record)}", where=where, todo=todo)


def _separator(text: str, column_names: Sequence[str], usual: str) -> str:
    """The first by which the header has the columns, the usual one before others; else that of the most columns."""
    header = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    fields = {each: _fields(header, each) for each in dict.fromkeys([usual, *SEPARATORS])}
    whole = [each for each, names in fields.items() if column_names and set(column_names) <= set(names)]
    return whole[0] if whole else max(fields, key=lambda each: len(fields[each]))


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def csv_records(
    text: str, display_name: str, delimiter: str, *, first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number of its beginning, fields) of every record of a CSV file that holds anything.

    Raises:
        InputError: a quote is left open, or text follows one.
    """
    csv.field_size_limit(_NO_LIMIT)  # the module's limit is global and small: 131,072
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + first_line
        where = f"{display_name}, line {line}"
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _csv_fault(str(error), where) from error
        if any(len(cell) > LONG and "\n" in cell for cell in record):
            what = f"a cell has more than {LONG:,} characters and goes over several lines"
            raise InputError(what, where=where, todo="is a quote left open?")
        if any(cell.strip() for cell in record):
            yield line, record


def _csv_fault(message: str, where: str) -> InputError:
    if "unexpected end" in message:
        todo = "close it, or double it to mean a quote"
        return InputError("a quote is opened and never closed", where=where, todo=todo)
    todo = "is a quote left open? Double a quote that stands within a quoted cell"
    return InputError(f"text follows a closing quote ({message})", where=where, todo=todo)
