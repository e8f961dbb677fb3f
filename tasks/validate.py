"""Validate, reliably: `taskatlas.stages.validate` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from taskatlas.plan.items import Source
from taskatlas.plan.project import Project
from taskatlas.stages import validate
from taskatlas.tasks.policies import RELIABLE


@task(name="check", task_run_name="check {source.name}", **RELIABLE)
def check(folder: str, source: Source) -> None:
    """Hold a source's rows to their expectations."""
    validate.check(Project(Path(folder)), source)
