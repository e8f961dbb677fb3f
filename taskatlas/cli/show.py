"""Rows for people: a table in the terminal, or JSON for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

MAX_CELL = 100
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)])
"""Control characters, which could move the cursor or colour the terminal."""


def as_json(rows: pa.Table | Sequence[dict[str, Any]] | dict[str, Any]) -> str:
    """Return rows as a JSON list of objects; NaN and infinity become null, a map becomes an object."""
    records = rows.to_pylist(maps_as_pydicts="strict") if isinstance(rows, pa.Table) else rows
    return json.dumps(_plain(records), ensure_ascii=False, indent=2)


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
    """Print rows, each on one line: numbers rounded and whole, texts cut to what the terminal holds, markup in data
    shown as it is."""
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    cells = [[cell(value) for value in row.values()] for row in rows.to_pylist()]
    numeric = [pa.types.is_floating(field.type) or pa.types.is_integer(field.type) for field in rows.schema]
    for name, width, is_number in zip(
        rows.column_names, _widths(rows, cells, numeric, console.width), numeric, strict=True
    ):
        justify: Literal["left", "right"] = "right" if is_number else "left"
        grid.add_column(Text(cell(name)), justify=justify, overflow="ellipsis", no_wrap=True, width=width)
    for row in cells:
        grid.add_row(*(Text(value) for value in row))
    console.print(grid)
    if not rows.num_rows:
        console.print("no rows", style="dim")


def _widths(rows: pa.Table, cells: list[list[str]], numeric: list[bool], total: int) -> list[int]:
    """Return the width of each column: numbers get theirs, texts share the rest, the shortest first."""
    columns = [[cell(name), *(row[column] for row in cells)] for column, name in enumerate(rows.column_names)]
    widths = [max(map(cell_len, column)) for column in columns]
    texts = sorted(
        (column for column, is_number in enumerate(numeric) if not is_number), key=lambda column: widths[column]
    )
    left = total - 2 * len(widths) - sum(width for width, is_number in zip(widths, numeric, strict=True) if is_number)
    for done, column in enumerate(texts):
        widths[column] = max(min(widths[column], left // (len(texts) - done)), 3)
        left -= widths[column]
    return widths


def cell(value: Any) -> str:
    """Return one value as text of at most 100 characters.

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
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."
