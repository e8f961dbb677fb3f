"""What visitors' own queries found, kept for as long as they look at it: the last few of all sessions together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from dashboards.published import Published
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
_KEPT = 8


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


def ask(release: Published, query: str) -> Asked:
    """Run a query and keep what comes of it."""
    asked = Asked(uuid.uuid4().hex, query, release.release)
    _kept(asked.key, lambda: _outcome(release, query))
    return asked


def outcome(asked: Asked) -> Outcome:
    """What came of it."""
    return _kept(asked.key, lambda: Outcome(None, fault="The rows of this query are no longer kept. Run it again."))


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


# Sessions hold the key alone, so that many of them take no more memory than these few results.
@st.cache_resource(max_entries=_KEPT, show_spinner=False)
def _kept(key: str, _make: Callable[[], Outcome]) -> Outcome:  # noqa: ARG001 - what it is kept under
    return _make()
