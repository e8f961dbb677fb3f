"""What visitors' own queries found, kept for as long as they look at it: the last few of all sessions together."""

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
"""Characters of a query: as many as an address can hold."""
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
class Asked:
    """A query that a visitor ran.

    Attributes:
        key: what its outcome is kept under.
        query: as it was typed.
        release: that was asked.
    """

    key: str
    query: str
    release: str


@dataclass(frozen=True)
class Outcome:
    """What came of a query.

    Attributes:
        table: its rows; None where there are none to be had.
        truncated: whether it had more rows than these.
        seconds: that it took.
        fault: why there are none.
    """

    table: pa.Table | None
    truncated: bool = False
    seconds: float = 0.0
    fault: str = ""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return 0 if self.table is None else int(self.table.nbytes)

    @cached_property
    def shown(self) -> pa.Table | None:
        """The part of the table that the grid shows; made once, as a page is drawn again for every keystroke."""
        return None if self.table is None else grid.shown(self.table)


_LEAST = 1024**2
"""What a small result counts as, so that there are never more than some hundred."""
_KEPT: LRUCache[str, Outcome] = LRUCache(256 * 1024**2, lambda found: max(_LEAST, found.size))
"""By key, as many as fit into these bytes. Sessions hold the key alone, so that many of them take no more memory."""
_LOCK = Lock()


def ask(release: Published, query: str) -> Asked:
    """Run a query and keep what comes of it."""
    asked, found = Asked(uuid.uuid4().hex, query, release.release), _outcome(release, query)
    with _LOCK:
        _KEPT[asked.key] = found
    return asked


def outcome(asked: Asked) -> Outcome:
    """What came of it; a fault where it made room for others."""
    with _LOCK:
        found = _KEPT.get(asked.key)
    return found or Outcome(None, fault="The rows of this query are no longer kept. Run it again.")


def table(asked: Asked) -> pa.Table:
    """Its rows.

    Raises:
        StoreError: they are no longer kept.
    """
    found = outcome(asked)
    if found.table is None:
        raise StoreError(found.fault)
    return found.table


def _outcome(release: Published, query: str) -> Outcome:
    if not query.strip():
        return Outcome(None, fault="There is no query yet. Write one, or pick an example.")
    if len(query) > LONGEST:
        fault = f"The query has {len(query):,} characters, and {LONGEST:,} are allowed. Write a shorter one."
        return Outcome(None, fault=fault)
    try:
        found = release.reader.visit(query)
    except TaskatlasError as error:
        return Outcome(None, fault=str(error))
    return Outcome(found.table, found.truncated, found.seconds)
