"""Embed, reliably: `taskatlas.stages.embed` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import embed, spaces
from taskatlas.stages.context import Context
from taskatlas.tasks.policies import CACHED
from taskatlas.tasks.slots import device_slot


@task(name="pin", task_run_name="pin {method}", **CACHED)
def pin(folder: str, method: str, device: str, key: str) -> dict[str, Any]:
    """Make the basis, or the initialisation, of a new space, for good."""
    context = Context(Path(folder))
    with device_slot(device):
        spaces.pin(context, spaces.space_of(context, method), device)
    return {"basis": key}


@task(name="embed", task_run_name="embed {method}", **CACHED)
def embed_method(folder: str, method: str, device: str, key: str) -> dict[str, Any]:  # noqa: ARG001 - the cache's key
    """Make the vectors of one space that are missing."""
    with device_slot(device):
        return embed.embed_method(Context(Path(folder)), method, device)
