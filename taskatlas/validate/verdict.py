"""What a validation says: the verdict, its rows of the quality table, and its result in the form that is stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from taskatlas.errors import ValidationError
from taskatlas.schemas.tables import QUALITY
from taskatlas.validate.suites import Json, columns_of, expectation_of

_SHOWN = 5
_LISTED = 20
_CHARS = 120
# What Great Expectations says twice about unexpected rows; Data Docs need it once.
_REPEATED = ("unexpected_list", "partial_unexpected_index_list", "unexpected_index_query")


@dataclass(frozen=True)
class Verdict:
    """What a validation found.

    Attributes:
        good: the rows that stay, with the columns they came with.
        quarantine: the bad rows with reasons, as the table `quarantine`; of a whole table always empty.
        quality: one row per expectation, as the table `quality`.
        result: Great Expectations' result, without times and with short lists: JSON-serialisable, and the same for
            the same rows. Keep it beside the other three; `write_docs` makes Data Docs of many.
    """

    good: pa.Table
    quarantine: pa.Table
    quality: pa.Table
    result: Json


class UnmetError(ValidationError):
    """Expectations were not met; `verdict` says which, so that it can be kept before the run stops."""

    def __init__(self, what: str, *, where: str, todo: str, verdict: Verdict) -> None:
        super().__init__(what, where=where, todo=todo)
        self.verdict = verdict


def compact(raw_result: Mapping[str, Any], origin_kind: str, origin: str) -> Json:
    """Return a validation result in the form that is stored: what Data Docs show, and whose rows they were."""
    results = []
    for entry in raw_result["results"]:
        observed = {name: value for name, value in entry["result"].items() if name not in _REPEATED}
        config = {**entry["expectation_config"], "kwargs": _settings(entry)}
        results.append({**entry, "expectation_config": config, "result": _short(observed)})
    meta = {
        "great_expectations_version": raw_result["meta"]["great_expectations_version"],
        "batch_spec": {"data_asset_name": f"{origin_kind} {origin}"},
        "origin_kind": origin_kind,
        "origin": origin,
    }
    return {**raw_result, "results": results, "meta": meta}


def quality_rows(result: Mapping[str, Any], n_rows: int) -> pa.Table:
    """Return rows of the table `quality`, one per expectation of a stored result; `n_rows` were validated."""
    origin = {"origin_kind": result["meta"]["origin_kind"], "origin": result["meta"]["origin"]}
    rows = []
    for entry in result["results"]:
        n, n_unexpected = counts(entry, n_rows)
        rows.append(
            {
                "table_name": result["suite_name"],
                **origin,
                "expectation": expectation_of(entry),
                "column": columns_of(entry),
                "success": entry["success"],
                "n": n,
                "n_unexpected": n_unexpected,
                "detail": _detail(entry),
            }
        )
    return pa.Table.from_pylist(rows, schema=QUALITY.schema)


def counts(entry: Mapping[str, Any], n_rows: int) -> tuple[int, int]:
    """Return (rows looked at, rows that broke it); all rows or none break an expectation of the whole table."""
    observed = entry["result"]
    if "unexpected_count" in observed:
        return observed["element_count"], observed["unexpected_count"]
    return n_rows, 0 if entry["success"] else n_rows


def _settings(entry: Mapping[str, Any]) -> Json:
    return {name: value for name, value in entry["expectation_config"]["kwargs"].items() if name != "batch_id"}


def _detail(entry: Mapping[str, Any]) -> str:
    about = ("column", "column_A", "column_B", "column_list", "row_condition")
    detail: Json = {
        "meaning": entry["expectation_config"].get("notes", ""),
        "settings": {name: value for name, value in _settings(entry).items() if name not in about},
    }
    observed = entry["result"]
    if "observed_value" in observed:
        detail["observed"] = observed["observed_value"]
    if observed.get("partial_unexpected_list"):
        detail["unexpected"] = observed["partial_unexpected_list"][:_SHOWN]
    return json.dumps(detail, ensure_ascii=False, sort_keys=True)


def _short(value: Any) -> Any:
    """Return `value` with long texts and lists cut, and without NaN and infinity, which JSON does not know."""
    if isinstance(value, Mapping):
        return {name: _short(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_short(entry) for entry in value[:_LISTED]]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > _CHARS:
        return value[:_CHARS] + "…"
    return value
