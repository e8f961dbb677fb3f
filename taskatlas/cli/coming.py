"""What a run will compute, as `validate` says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from rich.console import Console

from taskatlas.cli import show


def print_coming(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    """Print a row per model that owes answers; columns of which nothing is known are left out."""
    if not rows:
        console.print("\nA run will answer nothing anew.")
        return
    known = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    console.print("\nA run will answer:")
    show.table(console, pa.Table.from_pylist([{name: row[name] for name in known} for row in rows]))
