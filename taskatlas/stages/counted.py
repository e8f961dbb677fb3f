"""What happened to answers that is no fault, counted by subject, as rows of the table quality."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.plan import Plan

_EXPECTED = {
    "unmapped": ("expect_answers_to_mean_a_label", "label", "An answer means one of the prompt's labels."),
    "halved": (
        "expect_pairs_where_a_pair_is_asked_for",
        "output",
        "A text has all that is asked about, such as a second text: one that lacks some of it is split.",
    ),
    "cut": ("expect_texts_to_be_read_whole", "output", "A text and its prompt are as long as the model reads."),
}
"""Name of a count in `predict.outputs.Answers` → the expectation that it breaks, its column, and what it means."""


def counted(plan: Plan) -> pa.Table:
    """Return, per subject that counts something, how many of its answers on all texts it happened to."""
    totals: dict[tuple[str, str], int] = Counter()
    sizes: dict[str, int] = Counter()
    for answers in plan.all_answer_sets:
        counts = plan.project.parts.manifest("predictions", answers.key).get("counts", {})
        broken = {name: count for name, count in counts.items() if name in _EXPECTED}
        if broken:
            sizes[answers.subject] += plan.project.parts.count("predictions", answers.key)
        for name, count in broken.items():
            totals[answers.subject, name] += count
    rows = [_row(subject, name, count, sizes[subject]) for (subject, name), count in totals.items()]
    return rows_of("quality", rows)


def _row(subject: str, name: str, count: int, n: int) -> dict[str, object]:
    expectation, column, meaning = _EXPECTED[name]
    return {
        "table_name": "predictions",
        "origin_kind": "subject",
        "origin": subject,
        "expectation": expectation,
        "column": column,
        "success": count == 0,
        "n": n,
        "n_unexpected": count,
        "detail": json.dumps({"meaning": meaning}),
    }
