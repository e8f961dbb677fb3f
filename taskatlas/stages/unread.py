"""Text sets that the surrogate's tokenizer does not read: as rows of the table quality, and as lines for a person."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.plan import Plan
from taskatlas.registry.mismatches import Mismatch

_EXPECTATION = "expect_words_to_be_read"
_MEANING = "The surrogate's tokenizer knows the words of the texts, or pieces of them."
_FOLDERS = {"dataset": "datasets", "corpus": "corpora"}


def unread_rows(plan: Plan) -> pa.Table:
    """Return one row for each text set with a script that is not read."""
    return rows_of("quality", [_row(each) for each in _faults(plan)])


def unread(plan: Plan) -> list[Mismatch]:
    """Return a line for each text set with a script that is not read, and what would mend it."""
    return [_mismatch(plan, each) for each in _faults(plan)]


def _faults(plan: Plan) -> list[dict[str, Any]]:
    """Of each text set that has one the worst fault: that of the script which most texts hold."""
    there = [work.key for work in plan.added_works if work.kind == "tokens" and plan.is_stored(work)]
    rows = [row for key in there for row in plan.project.parts.read("tokens", key).to_pylist() if row["fault"]]
    rows.sort(key=lambda row: row["texts"])
    return list({(row["origin_kind"], row["origin"]): row for row in rows}.values())


def _row(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "table_name": "examples",
        "origin_kind": found["origin_kind"],
        "origin": found["origin"],
        "expectation": _EXPECTATION,
        "column": "text",
        "success": False,
        "n": found["n"],
        "n_unexpected": found["texts"],
        "detail": json.dumps({"meaning": _MEANING, "observed": f"the surrogate's tokenizer {found['fault']}"}),
    }


def _mismatch(plan: Plan, found: dict[str, Any]) -> Mismatch:
    registry = plan.project.registry
    where = registry.file(_FOLDERS[found["origin_kind"]], found["origin"])
    what = (
        f"the tokenizer of the surrogate {registry.surrogate.name} {found['fault']} ({found['texts']} of {found['n']} "
        "texts), so its vectors and forecasts say little of them"
    )
    todo = "add the card of a multilingual encoder to surrogates/ and name it as `surrogate` in atlas.yaml"
    return Mismatch(where, what, todo)
