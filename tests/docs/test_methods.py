"""The SQL of docs/methods.md answers on a release."""

from __future__ import annotations

import re
from pathlib import Path

from taskatlas.store.reader import Reader
from tests.support.places import ROOT
from tests.support.releases import publish, tables

NAMES = {"minilm/stars-one-five": "subject-6", "vader": "subject-7"}
"""Subjects of the starter, and of the release that is asked here."""


def test_two_subjects_are_told_apart_by_named_datasets(tmp_path: Path):
    publish(tmp_path, tables(), "one")
    (query,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "methods.md").read_text(encoding="utf-8"), re.DOTALL)
    for name, ours in NAMES.items():
        assert query.count(f"'{name}'") == 1
        query = query.replace(f"'{name}'", f"'{ours}'")
    reader = Reader(tmp_path / "warehouse" / "catalog.duckdb")
    rows = reader.sql(query).to_pylist()
    assert sorted(row["dataset"] for row in rows) == reader.names("dataset")
    apart = [abs(row["of_one"] - row["of_other"]) for row in rows]
    assert apart == sorted(apart, reverse=True)
    assert all(-1.0 <= row[name] <= 1.0 for row in rows for name in ("of_one", "of_other"))
