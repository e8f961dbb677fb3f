"""Ingest, reliably: `taskatlas.stages.ingest` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import ingest
from taskatlas.stages.context import Context, Origin
from taskatlas.tasks.policies import CACHED


@task(name="read", task_run_name="read {name}", **CACHED)
def read(folder: str, kind: str, name: str, key: str) -> dict[str, Any]:
    """Read a source into rows."""
    return ingest.read(Context(Path(folder)), kind, name, key)


@task(name="select", task_run_name="select {name}", **CACHED)
def select(
    folder: str, kind: str, name: str, rows: str, quality: str, key: str, tests: list[dict[str, Any]]
) -> dict[str, Any]:
    """Choose examples from good rows."""
    return ingest.select(Context(Path(folder)), kind, name, rows, quality, key, [Origin(**test) for test in tests])
