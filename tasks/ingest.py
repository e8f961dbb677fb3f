"""Ingest, reliably: `taskatlas.stages.ingest` as Prefect tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import task

from taskatlas.plan.items import Source, TextSet
from taskatlas.plan.project import Project
from taskatlas.stages import ingest
from taskatlas.tasks.policies import RELIABLE


@task(name="read", task_run_name="read {source.name}", **RELIABLE)
def read(folder: str, source: Source) -> None:
    """Read a source into rows."""
    ingest.read(Project(Path(folder)), source)


@task(name="read known scores", task_run_name="read {name}", **RELIABLE)
def read_known(folder: str, kind: str, name: str, key: str) -> None:
    """Read a card's known scores or transfers."""
    ingest.read_known(Project(Path(folder)), kind, name, key)


@task(name="select", task_run_name="select {source.name}", **RELIABLE)
def select(folder: str, source: Source, key: str, tests: Sequence[TextSet]) -> None:
    """Choose examples from good rows."""
    ingest.select(Project(Path(folder)), source, key, tests)
