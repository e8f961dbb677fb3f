"""Values of every query in Python: what it cannot hold becomes text, and nothing is lost."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import duckdb
import pytest

from taskatlas.store.values import values_of, with_names

VALUES: list[tuple[str, Any]] = [
    ("TIMESTAMP 'infinity'", "infinity"),
    ("TIMESTAMP '-infinity'", "-infinity"),
    ("TIMESTAMPTZ 'infinity'", "infinity"),
    ("TIMESTAMP_S 'infinity'", "infinity"),
    ("TIMESTAMP_MS '-infinity'", "-infinity"),
    ("TIMESTAMP_NS 'infinity'", "infinity"),
    ("DATE 'infinity'", "infinity"),
    ("DATE '-infinity'", "-infinity"),
    ("DATE '294246-01-31'", "294246-01-31"),
    ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
    ("TIMESTAMP '0044-03-15 (BC) 10:20:30.5'", "0044-03-15 10:20:30.500000 (BC)"),
    ("TIMESTAMP '290000-01-01 00:00:00'", "290000-01-01 00:00:00"),
    ("TIMESTAMP '2026-11-30 18:00:00'", datetime(2026, 11, 30, 18)),
    ("DATE '0001-01-01'", date(1, 1, 1)),
    ("TIME '24:00:00'", "24:00:00"),
    ("TIME '12:30:00'", time(12, 30)),
    ("NULL::TIMESTAMP", None),
    ("[TIMESTAMP 'infinity', NULL]", ["infinity", None]),
    ("[DATE 'infinity', NULL]::DATE[2]", ["infinity", None]),
    ("{'a': DATE '-infinity', 'b': [TIME '24:00:00']}", {"a": "-infinity", "b": ["24:00:00"]}),
    ("MAP {'k': TIMESTAMP 'infinity'}", {"k": "infinity"}),
    ("MAP {[1, 2]: 3}", {"[1, 2]": 3}),
    ("union_value(u := TIMESTAMP 'infinity')", "infinity"),
    ("'a'::ENUM ('a', 'b')", "a"),
    ("5::UHUGEINT", 5),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_a_value(expression: str, expected: Any):
    rows = duckdb.sql(f"SELECT {expression} AS v").to_arrow_table()
    assert values_of(rows["v"], dicts=True) == [expected]


@pytest.mark.parametrize("year", [-4000, -1, 0, 1, 4, 9999, 10_000, 12_345, 200_000])
def test_a_day_of_any_year_is_written_as_duckdb_writes_it(year: int):
    rows = duckdb.sql(f"SELECT make_date({year}, 3, 1) AS v, make_date({year}, 3, 1)::VARCHAR AS t").to_arrow_table()
    (value,), (written,) = values_of(rows["v"]), values_of(rows["t"])
    assert str(value) == written


def test_a_map_is_a_list_of_pairs_where_no_dict_is_wanted():
    rows = duckdb.sql("SELECT MAP {'k': TIMESTAMP 'infinity'} AS v").to_arrow_table()
    assert values_of(rows["v"]) == [[("k", "infinity")]]


def test_every_column_gets_a_name_of_its_own():
    rows = duckdb.sql("SELECT 1 AS a, 2 AS a, 3 AS b, 4 AS a").to_arrow_table()
    assert with_names(rows).column_names == ["a", "a_1", "b", "a_2"]
