"""Measured transfers between prompted tasks, in the form of TaskWeb (Kim et al. 2023, arXiv 2305.13256).

The folder holds `examples.jsonl` (task, input, output) and `transfer.csv` (target, source, setup, relative_change).
`TASKWEB` names it; by default it lies beside the checkout, in shared/taskweb.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from taskatlas.errors import InputError
from taskatlas.transfer.measured import Transfer, Transfers, gather

EXAMPLES = 200
"""At most so many examples per task, drawn at random."""


class Prompted(NamedTuple):
    """A prompted task: its inputs, and the right outputs."""

    name: str
    inputs: list[str]
    outputs: list[str]


def folder() -> Path:
    """Where the data lies, unless an option says otherwise."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "taskweb"
    return Path(os.environ.get("TASKWEB", beside))


def load(path: Path, limit: int = EXAMPLES) -> tuple[list[Prompted], Transfers]:
    """Read tasks in the order of their names, and the transfers between them.

    Raises:
        InputError: a file is missing, a row lacks a column or holds no number, or a task of a transfer has no example.
    """
    transfers = gather(list(_transfers(path / "transfer.csv")))
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in _examples(path / "examples.jsonl"):
        rows.setdefault(str(row["task"]), []).append(row)
    missing = sorted({*transfers.datasets} - rows.keys())
    if missing:
        raise InputError(f"{', '.join(missing)} of transfer.csv has no example", where=str(path / "examples.jsonl"))
    return [_prompted(name, rows[name], limit) for name in transfers.datasets], transfers


def _prompted(name: str, rows: list[dict[str, Any]], limit: int) -> Prompted:
    drawn = [rows[i] for i in sorted(np.random.default_rng(0).permutation(len(rows))[:limit])]
    return Prompted(name, [str(row["input"]) for row in drawn], [str(row["output"]).strip() for row in drawn])


def _examples(path: Path) -> Iterator[dict[str, Any]]:
    # not splitlines: a text may hold a line separator of Unicode
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            row = _parsed(line, f"{path.name}, line {number}")
            if not {"task", "input", "output"} <= row.keys():
                raise InputError("an example lacks task, input or output", where=f"{path.name}, line {number}")
            yield row


def _parsed(line: str, where: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError("it is no JSON", where=where) from error
    return row


def _transfers(path: Path) -> Iterator[Transfer]:
    columns = {"target", "source", "setup", "relative_change"}
    reader = csv.DictReader(io.StringIO(_text(path)))
    if not columns <= set(reader.fieldnames or ()):
        raise InputError(f"it lacks one of the columns {', '.join(sorted(columns))}", where=path.name)
    for number, row in enumerate(reader, start=2):
        try:
            change = float(row["relative_change"])
        except ValueError as error:
            raise InputError("relative_change is no number", where=f"{path.name}, line {number}") from error
        yield Transfer(row["target"], row["source"], row["setup"], change)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            "there is no such file", where=str(path), todo="name the folder of the data by --taskweb or TASKWEB"
        ) from error
