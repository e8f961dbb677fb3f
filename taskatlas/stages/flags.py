"""Flags: entities without a vector, and spaces that do not tell subjects from seeds, as rows of the table quality."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.vectors import SpacePlan
from taskatlas.stages.coverage import without_vector
from taskatlas.stages.seed_check import separates

_VARY = ("expect_outputs_to_vary", "A vector needs outputs that differ.")
_ANSWERED = ("expect_corpus_to_be_answered", "Recorded outputs cover as much of the corpus as their card asks for.")
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
    flags = _flags(plan, checks)
    uncovered = without_vector(plan) if flags else {}
    rows = [
        {
            "table_name": "embeddings",
            "origin_kind": flag["entity_kind"],
            "origin": flag["entity"],
            "expectation": expectation,
            "column": "vector",
            "success": False,
            "n": 1,
            "n_unexpected": 1,
            "detail": json.dumps({"meaning": meaning, "observed": flag["reason"]}),
        }
        for flag in flags
        for expectation, meaning in [_ANSWERED if flag["entity"] in uncovered else _EXPECTED[flag["entity_kind"]]]
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
