"""The data dictionary, written from the tables' own words.

Run it as `python -m taskatlas.schemas.dictionary > docs/data_dictionary.md`.
"""

from __future__ import annotations

import sys

from taskatlas.schemas.columns import Table
from taskatlas.schemas.methods import SHOWN_METHODS
from taskatlas.schemas.runs import RUNS
from taskatlas.schemas.tables import TABLES
from taskatlas.schemas.vectors import COORDINATES, TRAJECTORIES

_HEAD = """# Data dictionary

Generated from `schemas/tables.py` by `python -m taskatlas.schemas.dictionary > docs/data_dictionary.md`; a test holds
the two together. Every table is a view of `warehouse/catalog.duckdb` and shows the newest release; the same table of
an older release is the view `"TABLE@RELEASE"`, for example `"embeddings@v1"`.
"""
_MADE = """# Made of tables

These views hold nothing of their own: they are made of the table `embeddings`, and of `regions` and `neighbors`, when
they are asked. `"coordinates@v1"` is that of release v1; `trajectories` is of all releases at once.
"""
_BESIDE = """# Beside the releases

These tables are no part of a release. `runs` is `warehouse/runs.parquet`, and its view shows the file as it is at that
moment; the newest 1,000 runs are kept. `methods` is written into the catalog by each run that ends well.
"""
MADE = (COORDINATES, TRAJECTORIES)
"""What a catalog makes of the tables of releases."""
BESIDE = (RUNS, SHOWN_METHODS)
"""What a catalog shows besides the tables of releases."""


def markdown() -> str:
    """The dictionary of all published tables, and of those that lie beside them."""
    return "\n".join(
        [_HEAD, *map(_section, TABLES.values()), _MADE, *map(_section, MADE), _BESIDE, *map(_section, BESIDE)]
    )


def _section(table: Table) -> str:
    key = ", ".join(f"`{column}`" for column in table.key)
    lines = [f"## {table.name}", "", f"One row is {table.row}. Primary key: {key}.", ""]
    lines += ["| column | type | null | meaning |", "| --- | --- | --- | --- |"]
    for name, kind, nullable, meaning in table.columns():
        readable = kind.replace("list<element: ", "list<").replace("list<item: ", "list<")
        lines.append(f"| `{name}` | {readable} | {'yes' if nullable else ''} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(markdown())
