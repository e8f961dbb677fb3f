"""Whole tables, before they are published: every expectation of their suite must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from taskatlas.schemas.tables import QUARANTINE
from taskatlas.validate.frames import frame
from taskatlas.validate.suites import columns_of, run, suite
from taskatlas.validate.verdict import UnmetError, Verdict, compact, counts, quality_rows


def validate_table(name: str, rows: pa.Table) -> Verdict:
    """Check a table against its suite.

    Args:
        name: a published table that has a suite (all but `releases`).
        rows: in the table's schema.

    Returns:
        The verdict; `good` are the rows as they came, and its origin is ('table', `name`).

    Raises:
        UnmetError: an expectation does not hold; it carries the verdict.
        ValidationError: an expectation could not be evaluated.
    """
    where = f"table {name}"
    raw_result = run(suite(name), frame(rows), {}, where=where)
    result = compact(raw_result, "table", name)
    quality = quality_rows(result, rows.num_rows)
    verdict = Verdict(good=rows, quarantine=QUARANTINE.schema.empty_table(), quality=quality, result=result)
    broken = [entry for entry in result["results"] if not entry["success"]]
    if broken:
        more = f"; broken expectations in all: {len(broken)}" if len(broken) > 1 else ""
        raise UnmetError(
            _words(broken[0], rows.num_rows) + more,
            where=where,
            todo="mend what made these rows, then run again",
            verdict=verdict,
        )
    return verdict


def _words(entry: Mapping[str, Any], n_rows: int) -> str:
    """Return one broken expectation in words."""
    meaning = str(entry["expectation_config"].get("notes", "")).rstrip(".")
    n, unexpected = counts(entry, n_rows)
    examples = entry["result"].get("partial_unexpected_list") or []
    example = f", for example {examples[0]!r}" if examples else ""
    about = columns_of(entry)
    return f"{unexpected} of {n} rows break {meaning!r}" + (f" ({about}{example})" if about else "")
