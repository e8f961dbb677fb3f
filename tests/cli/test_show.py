"""Rows as JSON for a program and as a table for a person."""

from __future__ import annotations

import io
import json
import math
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console

from taskatlas.cli import show


def printed(rows: pa.Table, width: int = 100, title: str = "", *, terminal: bool = True) -> str:
    out = io.StringIO()
    show.table(Console(file=out, width=width, force_terminal=terminal, color_system=None), rows, title)
    return out.getvalue()


JSON: list[tuple[Any, Any]] = [
    (math.nan, None),
    (math.inf, None),
    (-math.inf, None),
    (1.5, 1.5),
    (10**18, 10**18),
    (True, True),
    (None, None),
    ("naïve 🙂 \"quoted\" \\ \n", "naïve 🙂 \"quoted\" \\ \n"),
    (datetime(2026, 11, 21, 1, 2, 3, 4, UTC), "2026-11-21T01:02:03.000004+00:00"),
    (date(2026, 11, 21), "2026-11-21"),
    (Decimal("1.25"), 1.25),
    ([1.0, math.nan, [None]], [1.0, None, [None]]),
    ({"a": math.nan, "b": [math.inf]}, {"a": None, "b": [None]}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), JSON, ids=[str(value)[:20] for value, _ in JSON])
def test_a_value_as_json(value: Any, expected: Any):
    text = show.as_json([{"value": value}])
    # a strict reader takes it, which NaN and Infinity would break
    assert json.loads(text, parse_constant=pytest.fail) == [{"value": expected}]


def test_tables_lists_and_objects_as_json():
    counts = pa.array([[("x", 1)]], pa.map_(pa.string(), pa.int64()))
    rows = pa.table({"name": ["a"], "vector": [[0.5, math.nan]], "counts": counts})
    assert json.loads(show.as_json(rows)) == [{"name": "a", "vector": [0.5, None], "counts": {"x": 1}}]
    assert json.loads(show.as_json(rows.slice(0, 0))) == []
    assert json.loads(show.as_json({"release": "v1"})) == {"release": "v1"}


def test_markup_in_data_is_printed_as_it_is():
    rows = pa.table({"[red]text[/red]": ["[bold]x[/bold]", "[/]", ":smile:"], "n": [1, 2, 3]})
    for terminal in (False, True):
        out = printed(rows, title="", terminal=terminal)
        assert "[red]text[/red]" in out
        assert "[bold]x[/bold]" in out
        assert "[/]" in out
        assert ":smile:" in out


def test_control_characters_do_not_reach_the_terminal():
    out = printed(pa.table({"te\x1b[2Jxt": ["a\x1b[31mb\x07c\rd\ne\tf\x9b"]}))
    assert "\x9b" not in out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_row_is_one_line_that_fits_and_numbers_are_whole(width: int):
    rows = pa.table({
        "text": ["long " * 100, "short"], "score": [0.123456, -1.0], "count": [1234567, 0],
        "label": ["another long cell of words " * 5, "b"],
    })  # fmt: skip
    lines = printed(rows, width).splitlines()
    assert len(lines) == 3
    assert all(len(line) <= width for line in lines)
    assert all(number in lines[1] for number in ("0.123", "1234567"))
    assert "…" in lines[1]
    assert "short" in lines[2]


def test_into_a_file_nothing_is_cut():
    rows = pa.table({"text": ["long " * 100 + "end", "short"], "vector": [[0.25] * 2_000] * 2, "n": [1, 23]})
    head, first, second = printed(rows, 40, terminal=False).splitlines()
    assert first.startswith("long " * 100 + "end  [0.25, 0.25,")
    assert first.count("0.25") == 2_000
    assert (head[-1], first.endswith("]   1"), second.endswith("]  23")) == ("n", True, True)
    assert second.startswith("short   ")


@pytest.mark.parametrize("width", [20, 40, 60])
def test_names_are_told_apart_however_narrow_the_terminal_is(width: int):
    names = [f"minilm/review-negative-{ending}" for ending in ("positive", "neutral")]
    rows = pa.table({
        "rank": [1, 2], "candidate": names, "verdict": ["no better than the rest", "best"], "expected": [0.5, 0.25],
        "low": [0.25, 0.125], "high": [0.75, 0.5], "measured": [0.5, None], "n": [89, 12],
    })  # fmt: skip
    printed_lines = printed(rows, width).splitlines()
    assert all(len(line) <= width for line in printed_lines)
    assert [line.split() for line in printed_lines if line.startswith("rank")] == [["rank", "1"], ["rank", "2"]]
    assert [line.split() for line in printed_lines if line.startswith("low")] == [["low", "0.250"], ["low", "0.125"]]
    letters = "".join("".join(line[len("candidate") :].split()) for line in printed_lines)
    assert all(name in letters for name in names)


def test_numbers_alone_become_blocks_where_they_have_no_room():
    rows = pa.table({f"number {place}": [123_456_789 + place] for place in range(8)})
    lines = printed(rows, 40).splitlines()
    assert [line.split() for line in lines[:2]] == [["number", "0", "123456789"], ["number", "1", "123456790"]]


def test_two_columns_of_one_name_are_both_shown():
    rows = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array(["x"])], names=["a", "a", "a_1"])
    assert [line.split() for line in printed(rows).splitlines()] == [["a", "a", "a_1"], ["1", "2", "x"]]
    assert json.loads(show.as_json(rows)) == [{"a": 1, "a_1": 2, "a_1_1": "x"}]


def test_json_in_an_output_that_is_not_utf8_is_whole(monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    show.print_json([{"naïve": "…\ud800"}])
    sys.stdout.flush()
    assert json.loads(raw.getvalue()) == [{"naïve": "…\ud800"}]


def test_wide_characters_count_as_two():
    lines = printed(pa.table({"text": ["日本語" * 30], "n": [1]}), 40).splitlines()
    assert lines[1].rstrip().endswith("1")
    assert len(lines) == 2


def test_a_table_without_rows_says_so_and_shows_its_columns():
    out = printed(pa.table({"name": pa.array([], pa.string()), "n": pa.array([], pa.int64())}), title="A title")
    assert [line.strip() for line in out.splitlines()] == ["A title", "name  n", "no rows"]


CELLS = [
    (None, "-"),
    (0.12345, "0.123"),
    (math.nan, "nan"),
    (5, "5"),
    (True, "True"),
    (datetime(2026, 11, 21, 1, 2, 3, 999, UTC), "2026-11-21 01:02:03"),
    ("a\n  b\tc", "a b c"),
    ("x" * 100, "x" * 100),
    ("x" * 101, "x" * 97 + "..."),
    (["a", "b"], "['a', 'b']"),
    ([], "[]"),
]


@pytest.mark.parametrize(("value", "expected"), CELLS, ids=[expected[:12] for _, expected in CELLS])
def test_a_cell(value: Any, expected: str):
    assert show.cell(value) == expected


def test_a_vector_of_thousands_is_cut():
    assert len(show.cell([0.123456] * 8_192)) == show.MAX_CELL
