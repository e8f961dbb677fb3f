"""What somebody else measured, scores and transfers: from the file that a card pins to rows of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from taskatlas.errors import InputError
from taskatlas.hashing import file_sha256
from taskatlas.ingest.clean import clean_line
from taskatlas.ingest.metrics import bounds
from taskatlas.ingest.sources import Rows, read_source, splits_of
from taskatlas.schemas.cards import KnownScoresCard, KnownTransfersCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES

KnownCard = KnownScoresCard | KnownTransfersCard
COLUMNS = ("subject", "dataset", "metric", "value", "n", "date")
"""Of a file of scores, in the order in which an import writes them."""
TRANSFER_COLUMNS = ("setup", "target", "source", "gain")
"""Of a file of transfers, in the order in which an import writes them."""
_OPTIONAL = ("n", "date")
_LONGEST = 200
"""Characters of a name."""
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def known_key(card: KnownCard) -> str:
    """Return the key of what a card knows: it is as its file is, and the file is pinned."""
    kind = "known_scores" if isinstance(card, KnownScoresCard) else "known_transfers"
    return GRAPH[kind].key(card.name, card.sha256)


def read_known_scores(card: KnownScoresCard, project: Path) -> pa.Table:
    """Read a card's known scores.

    Args:
        card: names their file, which has the columns `COLUMNS`.
        project: its folder.

    Returns:
        Rows of the table known_scores, in the order of the file.

    Raises:
        InputError: the file is another one than the card says, or lacks a column; a name is missing, or a value, a
            count or a date is none; says which row.
    """
    table, file = _read(card, project, "known_scores", COLUMNS)
    _require_bounds(table, file)
    return table


def read_known_transfers(card: KnownTransfersCard, project: Path) -> pa.Table:
    """Read a card's known transfers: rows of the table known_transfers; for the arguments see `read_known_scores`.

    Raises:
        InputError: as there; or a dataset is its own source, or a transfer stands there twice.
    """
    table, file = _read(card, project, "known_transfers", TRANSFER_COLUMNS)
    seen: set[tuple[str, ...]] = set()
    for place, row in enumerate(table.select(TRANSFER_COLUMNS[:3]).to_pylist()):
        setup, target, source = row.values()
        where, todo = f"{file}, row {place + 1}", "remove the row, or import the transfers again"
        if target == source:
            raise InputError(f"{target} is its own source", where=where, todo=todo)
        if (setup, target, source) in seen:
            raise InputError(f"{source} → {target} stands there twice for {setup}", where=where, todo=todo)
        seen.add((setup, target, source))
    return table


def _read(card: KnownCard, project: Path, name: str, columns: Sequence[str]) -> tuple[pa.Table, str]:
    """The rows of a table, and what its file is called."""
    verified_file(card, project)
    (rows,) = read_source(card.source, project, columns)
    found: dict[str, object] = {"card": [card.name] * len(rows.columns[columns[0]])}
    for column in columns:
        found[column] = [_parsed(rows, column, place, _PARSED[column]) for place in range(len(rows.columns[column]))]
    return pa.table(found, schema=TABLES[name].schema), rows.display_name


def verified_file(card: KnownCard, project: Path) -> Path:
    """Return the file of a card of known scores or transfers, which is the one that the card pins.

    Raises:
        InputError: it is missing, is no single file, or has another SHA-256.
    """
    where = f"{'known scores' if isinstance(card, KnownScoresCard) else 'known transfers'} {card.name}"
    splits = splits_of(card.source, project)
    path = splits[0].path
    if len(splits) != 1 or path is None or not path.is_file():
        raise InputError(f"{card.source} is not one file", where=where, todo="name a file")
    if (actual := file_sha256(path)) != card.sha256:
        what = f"{splits[0].display_name} has another SHA-256: expected {card.sha256}, found {actual}"
        raise InputError(what, where=where, todo="if the change is meant, put the new hash on the card")
    return path


def decimal(cell: str) -> float | None:
    """Return the number that a cell says, as a person writes one; None where it says none, or one that is infinite.

    >>> decimal("85.2"), decimal("1e400"), decimal("85,2"), decimal("nan")
    (85.2, None, None, None)
    """
    if not _DECIMAL.fullmatch(cell):
        return None
    value = float(cell)
    return value if abs(value) <= 1e300 else None


def count(cell: str) -> int | None:
    """Return the number of examples that a cell says; None where it says none of 1 or more.

    >>> count("300"), count("300.0"), count("0"), count("2.5")
    (300, 300, None, None)
    """
    value = decimal(cell)
    return int(value) if value is not None and 1 <= value < 1e15 and value == int(value) else None


def day(cell: str) -> str | None:
    """Return the date that a cell says, without its time of the day; None where it is none, or can be read in two ways.

    >>> day("2026-05"), day("2026-05-31 12:00:00"), day("2026-02-30"), day("01/02/2026")
    ('2026-05', '2026-05-31', None, None)
    """
    text = re.split("[T ]", cell)[0]
    if not _DATE.fullmatch(text):
        return None
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return None
    return text


def lies_ahead(day_text: str) -> bool:
    """Return whether a date of `day` is still to come, wherever on earth it was written.

    >>> lies_ahead("2999"), lies_ahead("2026-05-31")
    (True, False)
    """
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return day_text > tomorrow.isoformat()[: len(day_text)]


def known_name(cell: str) -> str | None:
    """Return the name that a cell says, with single spaces; None where it is empty, or longer than 200 characters.

    >>> known_name(" Their  Model/7B"), known_name(" ")
    ('Their Model/7B', None)
    """
    text = clean_line(cell)
    return text if 0 < len(text) <= _LONGEST else None


_PARSED: Mapping[str, Callable[[str], Any]] = {
    "subject": known_name, "dataset": known_name, "metric": known_name, "value": decimal, "n": count, "date": day,
    "setup": known_name, "target": known_name, "source": known_name, "gain": decimal,
}  # fmt: skip


def _parsed(rows: Rows, column: str, place: int, parse: Callable[[str], Any]) -> Any:
    cell = rows.columns[column][place]
    if not cell and column in _OPTIONAL:
        return None
    parsed = parse(cell or "")
    if parsed is None:
        where, todo = f"{rows.display_name}, row {place + 1}", "mend it, or import it again"
        raise InputError(f"{column} says {(cell or '')[:80]!r}, which is none", where=where, todo=todo)
    return parsed


def _require_bounds(table: pa.Table, display_name: str) -> None:
    for place, (metric, value) in enumerate(
        zip(*(table[name].to_pylist() for name in ("metric", "value")), strict=True)
    ):
        low, high = bounds(metric)
        if not low <= value <= high:
            where, todo = (
                f"{display_name}, row {place + 1}",
                "write shares, not percentages, or import the scores again",
            )
            raise InputError(f"{metric} lies between {low:g} and {high:g}, and is {value:g}", where=where, todo=todo)
