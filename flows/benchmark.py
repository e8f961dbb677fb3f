"""The benchmark flow: the vectors and forecasts of a project held against what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from taskatlas.stages import benchmark as stage
from taskatlas.stages.context import Context
from tasks import benchmark as steps
from tasks.artifacts import publish_table
from tasks.policies import submit


@flow(name="benchmark")
def benchmark(project: str) -> list[dict[str, Any]]:
    """Measure how well vectors and forecasts predict the measured scores, with intervals and a random row.

    Args:
        project: folder of the project; the embed flow has run there.

    Returns:
        The rows of the table benchmarks.
    """
    context = Context(Path(project))
    key = stage.benchmark_key(context)
    missing = not context.parts.has("benchmarks", key)
    rows: list[dict[str, Any]] = submit(steps.measure, missing=missing, folder=project, key=key).result()
    publish_table("benchmark", rows)
    return rows
