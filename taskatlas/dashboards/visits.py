"""Run visitors' own queries and keep their results: the last few of all sessions together."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import pyarrow as pa
from cachetools import LRUCache

from taskatlas.dashboards import grid
from taskatlas.dashboards.published import Published
from taskatlas.errors import StoreError, TaskatlasError

LONGEST = 10_000
"""Characters of a query at most: as many as an address can hold."""
EXAMPLES = [
    "example_best",
    "example_missed",
    "example_gains",
    "example_prompts",
    "example_alike",
    "example_vectors",
    "example_quarantine",
    "example_costs",
]
"""Named queries that a visitor may begin with."""


@dataclass(frozen=True)
class VisitQuery:
    """A query that a visitor ran.

    Attributes:
        key: under which its result is kept.
        sql: as it was typed.
        release: on which it was run.
    """

    key: str
    sql: str
    release: str


@dataclass(frozen=True)
class VisitResult:
    """The result of a visitor's query.

    Attributes:
        table: the rows; None where the query failed.
        truncated: whether it had more rows than these.
        seconds: that the query took.
        fault: why it failed.
    """

    table: pa.Table | None
    truncated: bool = False
    seconds: float = 0.0
    fault: str = ""

    @property
    def size(self) -> int:
        """Bytes of the rows."""
        return 0 if self.table is None else int(self.table.nbytes)

    @cached_property
    def preview(self) -> pa.Table | None:
        """The part of the table that the grid shows; computed once, as a page is drawn again for every keystroke."""
        return None if self.table is None else grid.preview(self.table)


_LEAST = 1024**2
"""Bytes that a small result counts as, so that there are never more than a few hundred."""
_RESULTS: LRUCache[str, VisitResult] = LRUCache(256 * 1024**2, lambda result: max(_LEAST, result.size))
"""By key, as many as fit into these bytes. Sessions hold the key alone, so that many of them take no more memory."""
_LOCK = Lock()


def run(release: Published, sql: str) -> VisitQuery:
    """Run a query on a release and keep its result."""
    query, kept = VisitQuery(uuid.uuid4().hex, sql, release.release), _result(release, sql)
    with _LOCK:
        _RESULTS[query.key] = kept
    return query


def result(query: VisitQuery) -> VisitResult:
    """Return the result of a query; one with a fault where it had to make room for others."""
    with _LOCK:
        kept = _RESULTS.get(query.key)
    return kept or VisitResult(None, fault="The rows of this query are no longer kept. Run it again.")


def table(query: VisitQuery) -> pa.Table:
    """Return the rows of a query.

    Raises:
        StoreError: it failed, or its rows are no longer kept.
    """
    kept = result(query)
    if kept.table is None:
        raise StoreError(kept.fault)
    return kept.table


def _result(release: Published, sql: str) -> VisitResult:
    if not sql.strip():
        return VisitResult(None, fault="There is no query yet. Write one, or pick an example.")
    if len(sql) > LONGEST:
        fault = f"The query has {len(sql):,} characters, and {LONGEST:,} are allowed. Write a shorter one."
        return VisitResult(None, fault=fault)
    try:
        visit = release.reader.visit(sql)
    except TaskatlasError as error:
        return VisitResult(None, fault=str(error))
    return VisitResult(visit.table, visit.truncated, visit.seconds)
