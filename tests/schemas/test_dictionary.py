"""docs/data_dictionary.md is what the tables say of themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from taskatlas.schemas import dictionary
from taskatlas.schemas.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_file_is_up_to_date():
    committed = (ROOT / "docs/data_dictionary.md").read_text(encoding="utf-8")
    assert committed == dictionary.markdown(), "run: python -m taskatlas.schemas.dictionary > docs/data_dictionary.md"


def test_it_can_be_written_as_it_says():
    command = [sys.executable, "-m", "taskatlas.schemas.dictionary"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert written == dictionary.markdown()


def test_every_column_of_every_table_has_a_line():
    lines = dictionary.markdown().splitlines()
    made = [table.name for table in dictionary.MADE]
    beside = [table.name for table in dictionary.BESIDE]
    assert [line[3:] for line in lines if line.startswith("## ")] == [*TABLES, *made, *beside]
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == sum(len(table.schema) for table in [*TABLES.values(), *dictionary.MADE, *dictionary.BESIDE])
    # a bar within a meaning would make another cell
    assert all(len(row.replace("\\|", "").split("|")) == 6 for row in rows)
