"""Columns of parts that are no published tables."""

from __future__ import annotations

import pyarrow as pa

RAW_FORECASTS = pa.schema(
    [
        ("subject", pa.string()),
        ("dataset", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
        ("fidelity", pa.float64()),
        ("sigma", pa.float64()),
        ("beyond_chance", pa.float64()),
    ]
)
"""What a subject's student expects on each dataset, before the intervals are calibrated."""
FORECAST_FLAGS = pa.schema([("subject", pa.string()), ("dataset", pa.string()), ("reason", pa.string())])
"""Why there is no forecast of a subject on a dataset, of those that have a raw forecast."""
SEED_CHECKS = pa.schema(
    [
        ("full_dim", pa.int64()),
        ("projection_error", pa.float64()),
        ("seed_cosine", pa.float64()),
        ("subject_cosine", pa.float64()),
    ]
)
"""How alike a subject is to itself under other seeds and to other subjects, and what projection costs. One row."""
MEASURED_TRANSFERS = pa.schema(
    [
        ("setup", pa.string()), ("target", pa.string()), ("source", pa.string()), ("metric", pa.string()),
        ("labels", pa.int64()), ("merits", pa.list_(pa.float64())),
    ]
)  # fmt: skip
"""One row: what each test text of a target adds to the score that is reached after a source; the source is null where
the target alone was learnt, and a merit where the source holds the text."""
COMPLETED_SCORES = pa.schema(
    [
        ("subject", pa.string()), ("dataset", pa.string()), ("value", pa.float64()), ("low", pa.float64()),
        ("high", pa.float64()), ("n", pa.int64()),
    ]
)  # fmt: skip
"""What known scores lead one to expect of a subject on a dataset, with 90% interval; n examples of its known scores."""
TOKENS = pa.schema(
    [
        ("origin_kind", pa.string()), ("origin", pa.string()), ("n", pa.int64()), ("script", pa.string()),
        ("texts", pa.int64()), ("words", pa.int64()), ("characters", pa.int64()), ("tokens", pa.int64()),
        ("unknown", pa.int64()), ("fault", pa.string()),
    ]
)  # fmt: skip
"""How the surrogate cuts the words of a script: of n texts of a text set that were looked at, those that hold it, its
words, their characters and tokens, how many are unknown, and why they are not read."""
