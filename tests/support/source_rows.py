"""Rows as they are read from a source, before anything looked at them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from taskatlas.schemas.cards import DatasetCard

CLASSES = DatasetCard(
    name="reviews", description="d", family="sentiment", domain="food", source="a.csv",
    labels=("negative", "positive"), max_chars=40,
)  # fmt: skip
SCHEMA = pa.schema(
    {
        "row": pa.int64(), "split": pa.string(), "text": pa.string(), "text_pair": pa.string(), "label": pa.string(),
        "value": pa.float64(),
    }
)  # fmt: skip
GOOD = {"split": "train", "text": "nice", "text_pair": "indeed", "label": "positive", "value": 1.0}


def source(*changes: dict[str, Any], n: int = 20) -> pa.Table:
    """`n` rows, the first of them with changes."""
    rows = [{**GOOD, "row": number + 1, **(changes[number] if number < len(changes) else {})} for number in range(n)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
