"""Rows for people: a table in the terminal, or JSON for a program."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from taskatlas.store.values import values_of, with_names

MAX_CELL = 100
_LEAST_NAME, _LEAST_TEXT = 12, 8
"""Columns of the terminal, where a name or a text is cut."""
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)])
"""Control characters, which could move the cursor or colour the terminal."""


def as_json(rows: pa.Table | Sequence[dict[str, Any]] | dict[str, Any]) -> str:
    """Return rows as a JSON list of objects; NaN and infinity become null, a map becomes an object. Columns of one name
    get names of their own."""
    records = _records(rows) if isinstance(rows, pa.Table) else rows
    return json.dumps(_plain(records), ensure_ascii=False, indent=2)


def print_json(rows: pa.Table | Sequence[dict[str, Any]] | dict[str, Any]) -> None:
    """Print rows as JSON, with escapes where the output cannot hold all their letters."""
    text = as_json(rows)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)
    sys.stdout.write(f"{text}\n")


def _records(rows: pa.Table) -> list[dict[str, Any]]:
    named = with_names(rows)
    columns = {name: values_of(named[name], dicts=True) for name in named.column_names}
    return [{name: column[row] for name, column in columns.items()} for row in range(named.num_rows)]


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case _:
            return str(value)


def table(console: Console, rows: pa.Table, title: str = "") -> None:
    """Print rows, each on one line, numbers rounded, markup in data shown as it is. A terminal gets texts cut to what
    it holds, a file or a pipe gets them whole."""
    columns = [[cell(value, cut=console.is_terminal) for value in values_of(column)] for column in rows.columns]
    headed = [[cell(name), *column] for name, column in zip(rows.column_names, columns, strict=True)]
    numeric = [pa.types.is_floating(field.type) or pa.types.is_integer(field.type) for field in rows.schema]
    if title:
        console.print(Text(title, style="italic"))
    if console.is_terminal:
        _print_fitted(console, headed, numeric)
    else:
        _print_whole(console, headed, numeric)
    if not rows.num_rows:
        console.print("no rows", style="dim")


def _print_whole(console: Console, headed: list[list[str]], numeric: list[bool]) -> None:
    """Print each row on one line, however long."""
    widths = [max(map(cell_len, column)) for column in headed]
    for row in zip(*headed, strict=True):
        padded = [
            " " * (width - cell_len(value)) + value if is_number else value + " " * (width - cell_len(value))
            for value, width, is_number in zip(row, widths, numeric, strict=True)
        ]
        console.print(Text("  ".join(padded).rstrip()), soft_wrap=True)


def _print_fitted(console: Console, headed: list[list[str]], numeric: list[bool]) -> None:
    """Print each row on one line that fits: numbers whole, texts cut. Where that would leave nothing of names, each row
    is a block with a line per column."""
    widths = _widths(headed, numeric, console.width)
    is_empty = not any(column[1:] for column in headed)
    if not is_empty and any(width < _least(column) for width, column in zip(widths, headed, strict=True)):
        _print_blocks(console, headed)
        return
    grid = Table(header_style="bold", box=None, pad_edge=False)
    for (name, *_), width, is_number in zip(headed, widths, numeric, strict=True):
        justify: Literal["left", "right"] = "right" if is_number else "left"
        grid.add_column(Text(name), justify=justify, overflow="ellipsis", no_wrap=True, width=width or 3)
    for row in zip(*(column[1:] for column in headed), strict=True):
        grid.add_row(*(Text(value) for value in row))
    console.print(grid)


def _print_blocks(console: Console, headed: list[list[str]]) -> None:
    """Print each row as lines `column  value`, with an empty line after it."""
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(8, console.width // 2))
    grid.add_column(overflow="fold")
    names = [name for name, *_ in headed]
    for row in zip(*(column[1:] for column in headed), strict=True):
        for name, value in zip(names, row, strict=True):
            grid.add_row(Text(name, style="bold"), Text(value))
        grid.add_row()
    console.print(grid)


def _widths(headed: list[list[str]], numeric: list[bool], total: int) -> list[int]:
    """Return the width of each column, its head included: numbers get theirs, texts share the rest, the shortest
    first."""
    widths = [max(map(cell_len, column)) for column in headed]
    texts = sorted(
        (column for column, is_number in enumerate(numeric) if not is_number), key=lambda column: widths[column]
    )
    left = total - 2 * len(widths) - sum(width for width, is_number in zip(widths, numeric, strict=True) if is_number)
    for done, column in enumerate(texts):
        widths[column] = max(min(widths[column], left // (len(texts) - done)), 0)
        left -= widths[column]
    return [width if left >= 0 or not is_number else 0 for width, is_number in zip(widths, numeric, strict=True)]


def _least(headed: list[str]) -> int:
    """Return the width under which nothing would be left of a column: of names they are told apart by it, of texts
    the first words are read."""
    is_text = any(" " in value for value in headed[1:])
    return min(max(map(cell_len, headed)), _LEAST_TEXT if is_text else _LEAST_NAME)


def cell(value: Any, *, cut: bool = True) -> str:
    """Return one value as text, of at most 100 characters where it may be cut.

    >>> cell(0.98765)
    '0.988'
    >>> cell(None)
    '-'
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = " ".join(str(value).split()).translate(_CONTROLS)
    return text if not cut or len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."
