"""What happened to answers that is no fault, counted by subject, as rows of the table quality."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa

from taskatlas.stages.cardtables import rows_of
from taskatlas.stages.context import Context
from taskatlas.stages.predict import units

_EXPECTED = {
    "unmapped": ("expect_answers_to_mean_a_label", "label", "An answer means one of the prompt's labels."),
    "cut": ("expect_texts_to_be_read_whole", "output", "A text and its prompt are as long as the model reads."),
}
"""Name of a count in `predict.outputs.Answers` → the expectation that it breaks, its column, and what it means."""


def counted(context: Context) -> pa.Table:
    """Per subject that counts something, how many of its answers on all texts it happened to."""
    found: dict[tuple[str, str], int] = Counter()
    asked: dict[str, int] = Counter()
    for unit in units(context):
        counts = context.parts.manifest("predictions", unit.key).get("counts", {})
        broken = {name: count for name, count in counts.items() if name in _EXPECTED}
        if broken:
            asked[unit.subject.name] += context.parts.count("predictions", unit.key)
        for name, count in broken.items():
            found[unit.subject.name, name] += count
    return rows_of("quality", [_row(subject, name, count, asked[subject]) for (subject, name), count in found.items()])


def _row(subject: str, name: str, count: int, asked: int) -> dict[str, object]:
    expectation, column, meaning = _EXPECTED[name]
    return {
        "table_name": "predictions",
        "origin_kind": "subject",
        "origin": subject,
        "expectation": expectation,
        "column": column,
        "success": count == 0,
        "n": asked,
        "n_unexpected": count,
        "detail": json.dumps({"meaning": meaning}),
    }
