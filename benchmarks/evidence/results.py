"""What benchmarks have left in results/*.json, looked up by the names that readers see."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Table:
    """A section of a result: its columns, its rows by their first cell, and its remarks."""

    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[str]]
    remarks: Sequence[str]

    def cell(self, row: str | Sequence[str], column: str) -> str | None:
        """What stands in a row, which may have one of several names, under the first column whose name begins so;
        None where there is no such row or column."""
        names = [row] if isinstance(row, str) else row
        found = next((self.rows[name] for name in names if name in self.rows), None)
        place = next((place for place, name in enumerate(self.columns) if name.startswith(column)), None)
        return None if found is None or place is None else found[place]

    def number(self, row: str | Sequence[str], column: str) -> float | None:
        """The first number of a cell, which is its mean; None where there is none."""
        return number(self.cell(row, column))

    def unlabelled(self) -> list[str]:
        """The rows that use neither labels nor calls of the target, chance aside."""
        free = {"0", "none"}
        return [
            name
            for name in self.rows
            if {self.cell(name, "labels"), self.cell(name, "calls")} <= free and not name.startswith("random")
        ]

    def remark(self, pattern: str) -> re.Match[str] | None:
        """The first remark that a pattern is found in."""
        return next(filter(None, (re.search(pattern, remark) for remark in self.remarks)), None)


@dataclass(frozen=True)
class Result:
    """A result file: its name, its date, its tables by title, and the figures behind them."""

    name: str
    date: str
    tables: Mapping[str, Table]
    figures: Mapping[str, Any]

    def table(self, title: str) -> Table:
        """The first table whose title begins so; an empty one where there is none."""
        return self.tables.get(self.title(title), Table((), {}, ()))

    def title(self, beginning: str) -> str:
        """The first title that begins so, which is the beginning itself where there is none."""
        return next((name for name in self.tables if name.startswith(beginning)), beginning)

    @property
    def link(self) -> str:
        """A link from docs to the whole result, with its date."""
        return f"[{self.name}](../benchmarks/results/{self.name}.md), {self.date}"


class Results:
    """All results of a folder."""

    def __init__(self, folder: Path = RESULTS) -> None:
        """Read them when they are asked for."""
        self._folder = folder

    def has(self, name: str) -> bool:
        """Whether a benchmark has left a result."""
        return (self._folder / f"{name}.json").is_file()

    def __getitem__(self, name: str) -> Result:
        """Read a result; one that is not there is empty, and what is looked up in it is None."""
        if not self.has(name):
            return Result(name, "", {}, {})
        read = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        tables = {
            section["title"]: Table(
                tuple(section["columns"]), _by_name(section["columns"], section["rows"]), section["remarks"]
            )
            for section in read["sections"]
        }
        return Result(name, read["date"], tables, read["figures"])


def of_way(figures: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """The figures of a way that may have one of several names."""
    found: Mapping[str, Any] = next((figures[name] for name in names if name in figures), {})
    return found


def number(cell: str | None) -> float | None:
    """The first number of a cell."""
    found = _NUMBER.search(cell or "")
    return float(found.group().replace(",", "")) if found else None


def _by_name(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Rows by their first cell; of siblings, whose methods come once per corpus, by the first two."""
    first = 2 if list(columns[:2]) in (["method", "corpus"], ["method", "labels"]) else 1
    return {", ".join(row[:first]).removesuffix(", –"): row for row in rows}
