"""One question's connection: the catalog that is in place now, one release of it in front, and nothing else in reach.

DuckDB shares one open file between all connections of a process that name its path, even after another file replaced
it. A database of its own, with the catalog attached, sees the file that is there now.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.schemas.tables import TABLES
from taskatlas.schemas.vectors import COORDINATES
from taskatlas.store.guard import CLOSED, refusal, shut

_REBUILD = "run `taskatlas run`, which rebuilds it"
_FIND = "run `taskatlas run`, which finds what was moved with the project; restore what is lost from a backup"
_LONGEST = 300
_DAMAGED = re.compile(
    "IO Error: |Out of buffer|TProtocolException|don't know what type|invalid TType|"
    'Binder Error: Table "file" does not have |'
    "Invalid Input Error: (?:"
    "File '.*' too small to be |Failed to read file |Footer length error in |No magic bytes |Parquet metadata )"
)
"""How that begins which DuckDB says of a Parquet file that is gone, damaged or another one; it has no kind of error of
its own for that, and a query can hold the same words."""
_PAUSES = (0.02, 0.1)
"""Seconds between attempts to open a file that another one is just replacing."""


@contextmanager
def open_catalog(
    catalog: Path, release: str | None, limits: Mapping[str, str | int]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that reads the catalog alone, for the length of the block; times are in UTC.

    Args:
        catalog: path of catalog.duckdb.
        release: whose tables a bare name means; None for the newest. `releases` and `runs` are those of all.
        limits: further settings of DuckDB, such as memory_limit.

    Raises:
        UnknownNameError: there is no such release.
        StoreError: there is no catalog yet, or it or its files cannot be read.
    """
    if not catalog.is_file():
        raise StoreError("there is no release yet", where=str(catalog), todo="run `taskatlas run`")
    with _connect_attached(catalog, {**CLOSED, **limits}) as connection:
        if release is not None:
            try:
                _put_in_front(connection, release)
            except duckdb.Error as error:
                raise query_error(error, catalog) from error
        yield connection


def query_error(error: duckdb.Error, catalog: Path) -> StoreError:
    """Return the error that says in one line what went wrong with a query."""
    if isinstance(error, duckdb.PermissionException):
        return refusal(error)
    if isinstance(error, duckdb.IOException) or _DAMAGED.match(_line(error)):
        what = f"the files of the release cannot be read; were they moved or dropped? ({_line(error)})"
        return StoreError(what, where=str(catalog), todo=_FIND)
    hints = [line for line in str(error).splitlines() if line.startswith(("Did you mean", "Candidate"))]
    todo = hints[0][:_LONGEST] if hints else 'mend the query; `taskatlas sql "SHOW TABLES"` lists the tables'
    return StoreError(_line(error), todo=todo)


def _connect_attached(
    catalog: Path, settings: Mapping[str, str | int | float | list[str]]
) -> duckdb.DuckDBPyConnection:
    """Connect to the catalog anew; try again where the file was replaced while DuckDB was opening it."""
    for pause in (*_PAUSES, None):
        connection = duckdb.connect(":memory:", config=dict(settings))
        try:
            _attach(connection, catalog)
        except BaseException as error:
            connection.close()
            if isinstance(error, duckdb.CatalogException):
                what = "was built by an older version of taskatlas"
                raise StoreError(what, where=str(catalog), todo=_REBUILD) from error
            if not isinstance(error, duckdb.Error):
                raise
            if pause is None or not isinstance(error, duckdb.IOException):
                raise StoreError(f"cannot be read ({_line(error)})", where=str(catalog), todo=_REBUILD) from error
            time.sleep(pause)
        else:
            return connection
    raise AssertionError("the last attempt returns or raises")


def _attach(connection: duckdb.DuckDBPyConnection, catalog: Path) -> None:
    path = str(catalog.absolute()).replace("'", "''")  # a bare name before a colon would name an extension
    connection.execute(f"ATTACH '{path}' AS atlas (READ_ONLY)")
    connection.execute("USE atlas")
    connection.execute("SET TimeZone = 'UTC'")
    shut(connection, [location for (location,) in connection.execute("FROM places()").fetchall()])


def _put_in_front(connection: duckdb.DuckDBPyConnection, release: str) -> None:
    """Let bare names mean the tables of a release; macros read them, too."""
    known = [name for (name,) in connection.execute("SELECT release FROM releases").fetchall()]
    if release not in known:
        raise UnknownNameError("release", release, known)
    for name in {*TABLES, COORDINATES.name} - {"releases"}:
        with suppress(duckdb.CatalogException):  # younger than the catalog: not there in any release
            connection.execute(f'CREATE TEMP VIEW {name} AS FROM atlas."{name}@{release}"')


def _line(error: duckdb.Error) -> str:
    """Return the first line of what DuckDB says, which may hold all of a query."""
    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
