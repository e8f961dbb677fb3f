"""What a run will compute, and what recorded models can answer of it, as `validate` says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from rich.console import Console

from taskatlas.cli import show
from taskatlas.stages.coverage import Coverage


def print_coming(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    """Print a row per model that owes answers; columns of which nothing is known are left out."""
    if not rows:
        console.print("\nA run will answer nothing anew.")
        return
    known = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    console.print("\nA run will answer:")
    show.table(console, pa.Table.from_pylist([{name: row[name] for name in known} for row in rows]))


def print_coverage(console: Console, found: Sequence[Coverage]) -> None:
    """Print how much of each text set recorded models answer; in one line where they answer all of it."""
    lacking = {each.model for each in found if each.missing}
    if lacking:
        console.print("\nRecorded outputs cover:")
        rows = [each.as_row() for each in found if each.model in lacking]
        show.table(console, pa.Table.from_pylist(rows))
    if whole := len({each.model for each in found} - lacking):
        others = "other " if lacking else ""
        models = f"recorded model{'s' if whole > 1 else ''} cover{'' if whole > 1 else 's'}"
        console.print(f"\n{whole} {others}{models} all texts that a run asks for.")
