"""The predict flow: every model answers what its subjects still owe."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas.predict.device import choose_device
from taskatlas.stages.spending import require_within_limits
from taskatlas.tasks import predict as steps
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.lock import project_lock
from taskatlas.tasks.policies import submit


# one at a time: models of the same weights share the encoded texts, which the first of them makes
@flow(name="predict", task_runner=ThreadPoolTaskRunner(max_workers=1))  # type: ignore[arg-type]
def predict(project: str, device: str = "auto", agreed: bool = False) -> dict[str, int]:
    """Let every subject answer the corpus and the test splits that it is meant for.

    Args:
        project: folder of the project; the ingest flow has run there.
        device: auto, cpu, cuda or mps.
        agreed: whether servers may be asked for more than the `spend_limit` of their cards.

    Returns:
        How many answer sets there are, and how many of them were computed now.
    """
    chosen = choose_device(device)
    with project_lock(project) as plan:
        works = plan.model_works()
        require_within_limits(plan.project, works, agreed=agreed)
        futures = {
            work.model: submit(steps.answer, folder=project, work=work, device=chosen)
            for work in works
            if work.answer_sets
        }
        outcomes: list[dict[str, Any]] = [
            futures[work.model].result()
            if work.model in futures
            else {"model": work.model, "answer_sets": work.total, "computed": 0}
            for work in works
        ]
        if futures:
            plan.look_again()
    publish_table("predict", outcomes)
    computed = sum(outcome["computed"] for outcome in outcomes)
    return {"answer_sets": sum(outcome["answer_sets"] for outcome in outcomes), "computed": computed}
