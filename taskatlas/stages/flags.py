"""Flags: entities without a vector, and spaces that do not tell subjects from seeds, as rows of the table quality."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.vectors import SpacePlan
from taskatlas.stages.seed_check import separates

_VARY = ("expect_outputs_to_vary", "A vector needs outputs that differ.")
_EXPECTED = {
    "subject": _VARY,
    "dataset": _VARY,
    "space": ("expect_seeds_to_agree", "A subject is more like itself under another seed than like another subject."),
}
"""Kind of entity → the expectation that it breaks, and what that means. Great Expectations does not look at them."""


def flag_rows(plan: Plan, checks: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """Return the flags of a release as rows of the table quality.

    Args:
        plan: the plan; the embed stage has done its part.
        checks: the seed check of each method's space.
    """
    rows = [
        {
            "table_name": "embeddings",
            "origin_kind": flag["entity_kind"],
            "origin": flag["entity"],
            "expectation": _EXPECTED[flag["entity_kind"]][0],
            "column": "vector",
            "success": False,
            "n": 1,
            "n_unexpected": 1,
            "detail": json.dumps({"meaning": _EXPECTED[flag["entity_kind"]][1], "observed": flag["reason"]}),
        }
        for flag in _flags(plan, checks)
    ]
    return rows_of("quality", rows)


def _flags(plan: Plan, checks: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Entities without a vector, once each, and spaces whose seeds scatter, with the reason."""
    plans = {method: plan.space_plan(method) for method in plan.methods}
    there = plan.project.parts.keys("flags")
    keys = {vector.key for each in plans.values() for vector in each.vectors if vector.key in there}
    rows = [row for key in sorted(keys) for row in plan.project.parts.read("flags", key).to_pylist()]
    return [
        *{(row["entity_kind"], row["entity"]): row for row in rows}.values(),
        *(row for method, each in plans.items() for row in _seeds_flag(each, checks[method])),
    ]


def _seeds_flag(space_plan: SpacePlan, check: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if not separates(check):
        reason = (
            f"a subject is no more like itself under another seed ({check['seed_cosine']:.2f}) than like another "
            f"subject ({check['subject_cosine']:.2f})"
        )
        yield {"entity_kind": "space", "entity": space_plan.space.name, "reason": reason}
