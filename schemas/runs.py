"""The table `runs`: how each run of the whole flow went. It is no part of a release, as a run that fails makes none."""

from __future__ import annotations

import pyarrow as pa

from taskatlas.schemas.columns import column, count, number, table, text

RUNS = table(
    "runs",
    "a run of the whole flow",
    "began_at",
    column("began_at", pa.timestamp("us", tz="UTC"), "When it began, in UTC."),
    number("seconds", "Wall seconds until it ended."),
    text("outcome", "'published', 'unchanged' (nothing was new), 'failed' or 'interrupted'."),
    text("release", "Tag of the newest release at its end; null before the first.", nullable=True),
    count("computed", "Answer sets and vectors that it computed; null where it did not end well.", nullable=True),
    text("device", "cpu, cuda or mps; null where it was stopped before one was chosen.", nullable=True),
    text("taskatlas_version", "Version of taskatlas that ran."),
    text("fault", "What stopped it, in one line; null where it ended well.", nullable=True),
)
