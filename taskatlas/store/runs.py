"""runs.parquet: how the newest runs went, beside the catalog, whose view `runs` reads the file as it is at that moment.

It is a log and in no release: a run that fails has nothing else to leave. A file that cannot be read is set
aside under another name and a new one begun, so that it stops neither a run nor a release. One that another version of
taskatlas wrote gets the columns of this one: what it lacks is null, and what nobody here knows is left out.
"""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from taskatlas import progress
from taskatlas.schemas.runs import RUNS
from taskatlas.store.atomic import make_folder, replacing

KEPT = 1_000
"""How many runs are remembered."""


def runs_file(catalog: Path) -> Path:
    """Return the absolute path of the file that remembers the runs of a project.

    Args:
        catalog: its catalog.duckdb.
    """
    return catalog.absolute().with_name("runs.parquet")


def ensure(path: Path) -> None:
    """Make sure that a file at `path` can be read and has all columns: the one that is there, or one without rows.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
        OSError: a file in its place cannot be set aside.
    """
    rows = _read(path)
    if rows is None or not rows.schema.equals(RUNS.schema):
        with _write_lock(path):
            _write(path, _kept(path))


def add(path: Path, run: Mapping[str, Any]) -> None:
    """Remember a run, and forget the oldest where there are more than `KEPT`.

    Args:
        path: the file; it need not exist yet.
        run: a row of the table `runs`; began_at moves on by microseconds where another run began at the same.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
        OSError: a file in its place cannot be set aside.
    """
    with _write_lock(path):
        rows = _kept(path)
        taken, began_at = set(rows["began_at"].to_pylist()), run["began_at"]
        while began_at in taken:
            began_at += timedelta(microseconds=1)
        own = pa.Table.from_pylist([{**run, "began_at": began_at}], RUNS.schema)
        rows = pa.concat_tables([rows, own]).sort_by("began_at")
        _write(path, rows.slice(max(0, rows.num_rows - KEPT)))


@contextmanager
def _write_lock(path: Path) -> Iterator[None]:
    """Let in one writer at a time; the system frees the lock of a killed process.

    A run that is turned away as another is at work writes its row, too, so this is another lock than theirs.
    """
    make_folder(path.parent)
    with path.with_suffix(".lock").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _kept(path: Path) -> pa.Table:
    """Read the rows of a file, or none where it is missing; one that does not hold runs is set aside."""
    stored = _read(path)
    rows = None if stored is None else _with_columns(stored)
    if rows is None:
        rows = RUNS.schema.empty_table()
        with suppress(FileNotFoundError):
            aside = path.replace(path.with_name(f"{path.name}.damaged-{secrets.token_hex(4)}"))
            progress.note(f"{path} could not be read and is set aside as {aside.name}: the table runs begins anew")
    return rows


def _read(path: Path) -> pa.Table | None:
    """Read the rows of a file as they are; None where it is missing, damaged, of another kind, or may not be opened."""
    try:
        with path.open("rb") as stream:
            return pq.read_table(stream)
    except (OSError, pa.ArrowException):
        return None


def _with_columns(rows: pa.Table) -> pa.Table | None:
    """Return rows with the columns of RUNS; None where they lack one without nulls, or it holds something else."""
    for field in RUNS.schema:
        if field.name not in rows.column_names and field.nullable:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    try:
        return rows.select(RUNS.schema.names).cast(RUNS.schema)
    except (KeyError, ValueError, pa.ArrowException):
        return None


def _write(path: Path, rows: pa.Table) -> None:
    # Arrow would leave its own file open where the disk is full, and its space taken
    with replacing(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(rows, stream, compression="zstd")
