"""The predict flow: every model answers what its subjects still owe."""

from __future__ import annotations

from pathlib import Path

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas.predict.device import choose_device
from taskatlas.stages import predict as stage
from taskatlas.stages.context import Context
from taskatlas.tasks import predict as steps
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.policies import submit
from taskatlas.tasks.turns import turn


# one at a time: models of the same weights share the encoded texts, which the first of them makes
@flow(name="predict", task_runner=ThreadPoolTaskRunner(max_workers=1))  # type: ignore[arg-type]
def predict(project: str, device: str = "auto") -> dict[str, int]:
    """Let every subject answer the corpus and the test splits that it is meant for.

    Args:
        project: folder of the project; the ingest flow has run there.
        device: auto, cpu, cuda or mps.

    Returns:
        How many answer sets there are, and how many of them were computed now.
    """
    context, chosen = Context(Path(project)), choose_device(device)
    futures = []
    with turn(project):
        for model in context.registry.models:
            owed = stage.units(context, model)
            missing = bool(stage.missing(context, owed))
            parameters = {"folder": project, "model": model, "device": chosen, "key": stage.key_of(owed)}
            futures.append((missing, submit(steps.answer, missing=missing, **parameters)))
        answers = [(missing, future.result()) for missing, future in futures]
    publish_table("predict", [answer for _, answer in answers])
    computed = sum(answer["computed"] for missing, answer in answers if missing)
    return {"answer_sets": sum(answer["answer_sets"] for _, answer in answers), "computed": computed}
