"""SQL that a stranger typed, run in a process of its own.

DuckDB counts the memory of its tables but not of single values (`rpad('', 2000000000, 'x')`), and cannot be interrupted
while it makes one. So the process has a limit of its own (1 GB for DuckDB, 2 GB in all) and a clock that ends it,
whatever it is at; see visitor.py.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

import pyarrow as pa

from taskatlas.errors import StoreError

_AT_ONCE = 2
_SLOTS = BoundedSemaphore(_AT_ONCE)
"""So that many visitors take no more memory and processors than two: 4 GB."""
_START_SECONDS = 60.0
_PASSED_ON = frozenset({
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ",
})  # fmt: skip
"""Environment variables that the process gets; others hold passwords and keys, some of which DuckDB makes settings."""


@dataclass(frozen=True)
class Visit:
    """The answer to a visitor's query.

    Attributes:
        table: the rows.
        truncated: whether there were more rows.
        seconds: how long the query took.
    """

    table: pa.Table
    truncated: bool
    seconds: float


def visit(catalog: Path, release: str | None, query: str, *, seconds: float, rows: int) -> Visit:
    """Run a query in another process.

    Args:
        catalog: path of catalog.duckdb.
        release: whose tables a bare name means; None for the newest.
        query: one statement of DuckDB SQL that reads.
        seconds: when it is stopped.
        rows: how many rows of the result are kept.

    Raises:
        StoreError: the query is refused, is wrong, takes too long, or needs or gives too much.
    """
    question = {"catalog": str(catalog), "release": release, "query": query, "seconds": seconds, "rows": rows}
    if not _SLOTS.acquire(timeout=seconds):
        raise StoreError("other visitors' queries are still running", todo="try again in a moment")
    try:
        done = subprocess.run(  # this Python, with the question on stdin; -P: no module of the folder it is in
            [sys.executable, "-P", "-m", "taskatlas.store.visitor"],
            input=json.dumps(question).encode(),
            env={name: value for name, value in os.environ.items() if name in _PASSED_ON},
            capture_output=True,
            check=False,
            timeout=seconds + _START_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _stopped(seconds) from error
    finally:
        _SLOTS.release()
    if done.returncode == -signal.SIGALRM:
        raise _stopped(seconds)
    first_line, _, stream_bytes = done.stdout.partition(b"\n")
    if done.returncode < 0:
        raise StoreError("the query broke DuckDB off; it may need more than 1 GB of memory", todo="ask for less")
    if done.returncode > 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StoreError(f"the query could not be run ({' '.join(last)})", todo="try another, and report this one")
    header = json.loads(first_line)
    if "error" in header:
        what, where, todo = header["error"]
        raise StoreError(what, where=where, todo=todo)
    with pa.ipc.open_stream(stream_bytes) as stream:
        return Visit(stream.read_all(), header["truncated"], header["seconds"])


def _stopped(seconds: float) -> StoreError:
    return StoreError(f"stopped after {seconds:g} s", todo="ask for less: fewer rows, fewer joins, a WHERE")
