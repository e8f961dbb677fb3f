"""Benchmark, reliably: `taskatlas.stages.benchmark` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.stages import benchmark
from taskatlas.tasks.policies import RELIABLE


@task(name="measure", **RELIABLE)
def measure(folder: str, work: BenchmarkWork) -> None:
    """Hold vectors and forecasts against what was measured."""
    benchmark.measure(Project(Path(folder)), work)
