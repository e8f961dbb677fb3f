"""Predict, reliably: `taskatlas.stages.predict` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.plan.items import ModelWork
from taskatlas.plan.project import Project
from taskatlas.stages import predict
from taskatlas.tasks import secrets  # noqa: F401 - brings Secret blocks as places of keys
from taskatlas.tasks.policies import RELIABLE
from taskatlas.tasks.slots import device_slot


@task(name="answer", task_run_name="answer {work.model}", **RELIABLE)
def answer(folder: str, work: ModelWork, device: str) -> dict[str, Any]:
    """Let one model's subjects answer what they still owe.

    A model that computes elsewhere leaves an accelerator to others while it waits; what its prompts want encoded, as
    the nearest demonstrations do, the processor encodes.
    """
    project = Project(Path(folder))
    chosen = device if project.registry.models[work.model].computes_here else "cpu"
    with device_slot(chosen):
        return predict.answer(project, work, chosen)
