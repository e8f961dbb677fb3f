"""Stages that are an entry of the graph, reliably: `taskatlas.stages.added` as a Prefect task."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from taskatlas.plan.items import AddedWork
from taskatlas.plan.project import Project
from taskatlas.stages import added
from taskatlas.tasks.policies import RELIABLE


@task(name="make", task_run_name="make {work.kind}", **RELIABLE)
def make(folder: str, work: AddedWork) -> None:
    """Make the part of one stage."""
    added.make(Project(Path(folder)), work)
