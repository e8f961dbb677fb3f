"""Embed, reliably: `taskatlas.stages.embed` as Prefect tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.plan.items import SpaceWork, TextSet
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.stages import bases, embed
from taskatlas.tasks.policies import RELIABLE
from taskatlas.tasks.slots import device_slot


@task(name="pin", task_run_name="pin {method}", **RELIABLE)
def pin(folder: str, method: str, corpus: TextSet, device: str, published: Sequence[str]) -> None:
    """Make the basis, or the initialisation, of a new space, for good."""
    project = Project(Path(folder))
    with device_slot(device):
        bases.pin(project, space_of(project.registry, method), corpus, device, published)


@task(name="embed", task_run_name="embed {work.method}", **RELIABLE)
def embed_space(folder: str, work: SpaceWork, device: str) -> dict[str, Any]:
    """Make the vectors of one space that are missing."""
    with device_slot(device):
        return embed.embed_space(Project(Path(folder)), work, device)
