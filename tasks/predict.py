"""Predict, reliably: `taskatlas.stages.predict` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import predict
from taskatlas.stages.context import Context
from taskatlas.tasks import secrets  # noqa: F401 - brings Secret blocks as places of keys
from taskatlas.tasks.policies import CACHED
from taskatlas.tasks.slots import device_slot


@task(name="answer", task_run_name="answer {model}", **CACHED)
def answer(folder: str, model: str, device: str, key: str) -> dict[str, Any]:  # noqa: ARG001 - the cache's key
    """Let one model's subjects answer what they still owe.

    A model that computes elsewhere leaves an accelerator to others while it waits; what its prompts want encoded, as
    the nearest demonstrations do, the processor encodes.
    """
    context = Context(Path(folder))
    chosen = device if context.registry.models[model].computes_here else "cpu"
    with device_slot(chosen):
        return predict.answer(context, model, chosen)
