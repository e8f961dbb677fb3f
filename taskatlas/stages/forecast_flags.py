"""Flags of forecasts: of which subjects on which datasets there is none, and why, as rows of the table quality."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from taskatlas.forecast.gate import UNLIKE, UNNAMED, UNSEEN
from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project

_EXPECTED = {
    UNSEEN: ("dataset", "expect_labels_to_be_seen"),
    UNNAMED: ("subject", "expect_answers_to_be_labels"),
    UNLIKE: ("subject", "expect_students_to_beat_chance"),
}
"""Reason → whose flag it is, and the expectation that is broken. Great Expectations does not look at them."""


def forecast_flag_rows(plan: Plan) -> pa.Table:
    """Return one row for each dataset or subject and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for (subject, dataset), reason in reasons(plan.project, plan.table_parts["forecasts"]).items():
        flagged, other = (dataset, subject) if _EXPECTED[reason][0] == "dataset" else (subject, dataset)
        found.setdefault((flagged, reason), []).append(other)
    return rows_of("quality", [_row(flagged, reason, of) for (flagged, reason), of in found.items()])


def reasons(project: Project, keys: Sequence[str]) -> Mapping[tuple[str, str], str]:
    """Return why there is no forecast, by subject and dataset; `keys` are those of the forecasts."""
    rows = [row for key in keys for row in project.parts.read("forecast_flags", key).to_pylist()]
    return {(row["subject"], row["dataset"]): row["reason"] for row in rows}


def _row(flagged: str, reason: str, others: Sequence[str]) -> dict[str, object]:
    kind, expectation = _EXPECTED[reason]
    where = "" if kind == "dataset" else f" (on {', '.join(others)})"
    return {
        "table_name": "forecasts",
        "origin_kind": kind,
        "origin": flagged,
        "expectation": expectation,
        "column": "value",
        "success": False,
        "n": len(others),
        "n_unexpected": len(others),
        "detail": json.dumps({"meaning": "There is no forecast.", "observed": reason + where}),
    }
