"""The benchmark flow: the vectors and forecasts of a project held against what was measured."""

from __future__ import annotations

from typing import Any

from prefect import flow

from taskatlas.stages.recommendations import first_choices
from taskatlas.tasks import added
from taskatlas.tasks import benchmark as steps
from taskatlas.tasks.artifacts import publish_note, publish_table
from taskatlas.tasks.lock import project_lock
from taskatlas.tasks.policies import submit


@flow(name="benchmark")
def benchmark(project: str) -> list[dict[str, Any]]:
    """Measure how well vectors and forecasts predict the measured scores, with intervals and a random row; then run the
    stages that are an entry of the graph, and note what is recommended on each dataset.

    Args:
        project: folder of the project; the embed flow has run there.

    Returns:
        The rows of the table benchmarks.
    """
    with project_lock(project) as plan:
        plan.require_vectors()
        if not plan.is_measured():
            submit(steps.measure, folder=project, work=plan.benchmark_work).result()
            plan.look_again()
        for work in plan.added_works:
            if not plan.is_stored(work):
                submit(added.make, folder=project, work=work).result()
                plan.look_again()
        choices = first_choices(plan)
        rows: list[dict[str, Any]] = plan.project.parts.read("benchmarks", plan.benchmark_work.key).to_pylist()
    publish_table("benchmark", rows)
    publish_note("recommendations", "\n".join(f"- **{dataset}**: {text}" for dataset, text in choices.items()))
    return rows
