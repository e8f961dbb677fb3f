"""The process that runs one visitor's query: `python -m taskatlas.store.visitor`, with the question as JSON on stdin.

It writes one line of JSON, and after it the rows as an Arrow stream. An alarm that nobody handles ends it in time. It
has 1 GB for DuckDB and 2 GB in all, and where the machine has less, the system ends it before the program that asks.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from taskatlas.errors import StoreError, TaskatlasError
from taskatlas.store.guard import check
from taskatlas.store.session import open_catalog, query_error

_LIMITS: Mapping[str, str | int] = {"memory_limit": "1GB", "threads": 2}
_PROCESS_BYTES = 2 * 1024**3
"""The process' own limit: 1 GB for DuckDB, and what DuckDB does not count."""
_FIRST_TO_GO = "1000"
_RESULT_BYTES = 64 * 1024**2
_BATCH = 1_024


def main() -> None:
    """Answer the question on stdin."""
    question = json.load(sys.stdin)
    confine()
    rows = None
    try:
        rows, header = _answer(**question)
    except TaskatlasError as error:
        header = _error_header(error)
    except MemoryError:  # pa.ArrowMemoryError is one, too
        header = _error_header(_memory_error())
    out = sys.stdout.buffer
    out.write(json.dumps(header).encode() + b"\n")
    if rows is not None:
        with pa.ipc.new_stream(out, rows.schema) as stream:
            stream.write_table(rows)


def confine() -> None:
    """Limit what this process may take: _PROCESS_BYTES, or less where it must not have as much; and be the first that
    the system ends where memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _PROCESS_BYTES if most == resource.RLIM_INFINITY else min(most, _PROCESS_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError):  # Linux alone has this file
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


def _answer(
    catalog: str, release: str | None, query: str, seconds: float, rows: int
) -> tuple[pa.Table, dict[str, Any]]:
    began = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with open_catalog(Path(catalog), release, _LIMITS) as connection:
            check(connection, query)
            fetched = _fetch(connection, query, rows + 1)
    except duckdb.OutOfMemoryException as error:
        raise _memory_error() from error
    except duckdb.Error as error:
        raise query_error(error, Path(catalog)) from error
    except (OSError, pa.ArrowInvalid) as error:  # DuckDB's, where it comes to light amid the rows
        raise (
            _memory_error() if "Out of Memory" in str(error) else query_error(duckdb.Error(str(error)), Path(catalog))
        ) from error
    signal.setitimer(signal.ITIMER_REAL, 0)
    header = {"truncated": fetched.num_rows > rows, "seconds": time.perf_counter() - began}
    return fetched.slice(0, rows), header


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, rows: int) -> pa.Table:
    """Fetch the first `rows` rows of the result; DuckDB makes no more of them than it has to."""
    with connection.sql(query).to_arrow_reader(_BATCH) as reader:
        batches: list[pa.RecordBatch] = []
        held = size = 0
        for batch in reader:
            batches.append(batch)
            held, size = held + batch.num_rows, size + batch.nbytes
            if size > _RESULT_BYTES:
                what = f"the result is larger than {_RESULT_BYTES // 1024**2} MB"
                raise StoreError(what, todo="choose fewer columns, or fewer rows with LIMIT")
            if held >= rows:
                break
        return pa.Table.from_batches(batches, reader.schema).slice(0, rows)


def _error_header(error: TaskatlasError) -> dict[str, Any]:
    return {"error": [error.what, error.where, error.todo]}


def _memory_error() -> StoreError:
    return StoreError("needs more than 1 GB of memory", todo="ask for less: fewer rows, fewer joins, a WHERE")


if __name__ == "__main__":
    main()
