"""The benchmark flow: the vectors and forecasts of a project held against what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from taskatlas.stages import benchmark as stage
from taskatlas.stages.context import Context
from taskatlas.stages.ready import require_vectors
from taskatlas.tasks import benchmark as steps
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.policies import submit
from taskatlas.tasks.turns import turn


@flow(name="benchmark")
def benchmark(project: str) -> list[dict[str, Any]]:
    """Measure how well vectors and forecasts predict the measured scores, with intervals and a random row.

    Args:
        project: folder of the project; the embed flow has run there.

    Returns:
        The rows of the table benchmarks.
    """
    context = Context(Path(project))
    with turn(project):
        require_vectors(context)
        key = stage.benchmark_key(context)
        missing = not stage.is_measured(context, key)
        rows: list[dict[str, Any]] = submit(steps.measure, missing=missing, folder=project, key=key).result()
    publish_table("benchmark", rows)
    return rows
