"""Rows for people: a table in the terminal, or JSON for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

MAX_CELL = 100


def as_json(rows: pa.Table | Sequence[dict[str, Any]] | dict[str, Any]) -> str:
    """Rows as a JSON list of objects; NaN and infinity become null, as JSON has no word for them."""
    found = rows.to_pylist() if isinstance(rows, pa.Table) else rows
    return json.dumps(_plain(found), ensure_ascii=False, indent=2)


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
    """Print rows; numbers are rounded and right-aligned, long cells are cut, markup in data is shown as it is."""
    shown = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for field in rows.schema:
        numeric = pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
        shown.add_column(Text(field.name), justify="right" if numeric else "left", overflow="fold")
    for row in rows.to_pylist():
        shown.add_row(*(Text(cell(value)) for value in row.values()))
    console.print(shown)
    if not rows.num_rows:
        console.print("no rows", style="dim")


def cell(value: Any) -> str:
    """One value as text of at most 100 characters."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."
