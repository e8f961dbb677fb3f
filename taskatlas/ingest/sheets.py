"""Excel workbooks → columns of raw strings: the first sheet of a workbook, its first row as the header.

Formulas are what they last gave, and nothing in a workbook is run.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, require_columns, require_rows
from taskatlas.ingest.decode import MAX_BYTES

MAX_ROWS = 1 << 20
"""Of a sheet; where Excel itself ends."""


def read_xlsx(path: Path, display_name: str, column_names: Sequence[str]) -> Columns:
    """Read columns of the first sheet of an Excel workbook. Rows that hold nothing are no rows.

    Whole numbers have no point (1, not 1.0), dates are written as ISO 8601 says, true and false in small letters, and a
    cell without a value is None.

    Raises:
        InputError: it is no such workbook, holds more than `decode.MAX_BYTES` unpacked, lacks a column, or has no rows.
    """
    rows = _rows(path, display_name)
    names = _names(next(rows, ()))
    require_columns(column_names, names, f"{display_name}, row 1")
    indices = {name: names.index(name) for name in column_names}
    columns: Columns = {name: [] for name in column_names}
    for row in rows:
        for name, index in indices.items():
            columns[name].append(_text(row[index]) if index < len(row) else None)
    return require_rows(columns, display_name)


def xlsx_header(path: Path, display_name: str) -> list[str]:
    """Return the names of the columns of such a workbook; '' of one without a name.

    Raises:
        InputError: it is none.
    """
    return _names(next(_rows(path, display_name), ()))


def _names(header: Sequence[Any]) -> list[str]:
    """Return the names of columns, up to the last one that has one."""
    names = [(_text(cell) or "").strip() for cell in header]
    return names[: 1 + max((at for at, name in enumerate(names) if name), default=-1)]


def _rows(path: Path, display_name: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the first sheet that hold anything."""
    import openpyxl  # only needed here

    try:
        _require_small(path, display_name)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
                if number > MAX_ROWS:
                    what = f"the sheet holds more than {MAX_ROWS:,} rows, which is more than Excel writes"
                    raise InputError(what, where=display_name, todo="cut it, or save it as Parquet")
                if any(cell is not None and str(cell).strip() for cell in row):
                    yield row
        finally:
            book.close()
    except InputError:
        raise
    except Exception as error:  # the reader meets damaged files in many ways, with no common base
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        todo = "save it again as .xlsx, or as CSV"
        raise InputError(f"this is not a whole Excel workbook ({reason})", where=display_name, todo=todo) from error


def _require_small(path: Path, display_name: str) -> None:
    with zipfile.ZipFile(path) as packed:
        size = sum(each.file_size for each in packed.infolist())
    if size > MAX_BYTES:
        what = f"the workbook holds {size / 1e9:.1f} GB, and at most {MAX_BYTES / 1e9:.1f} GB are read"
        raise InputError(what, where=display_name, todo="cut it, or save it as Parquet")


def _text(cell: object) -> str | None:
    match cell:
        case None:
            return None
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
