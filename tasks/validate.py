"""Validate, reliably: `taskatlas.stages.validate` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import validate
from taskatlas.stages.context import Context
from taskatlas.tasks.policies import CACHED


@task(name="check", task_run_name="check {name}", **CACHED)
def check(folder: str, kind: str, name: str, rows: str, key: str) -> dict[str, Any]:
    """Hold an origin's rows to their expectations."""
    return validate.check(Context(Path(folder)), kind, name, rows, key)
