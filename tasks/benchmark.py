"""Benchmark, reliably: `taskatlas.stages.benchmark` as Prefect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import benchmark
from taskatlas.stages.context import Context
from taskatlas.tasks.policies import CACHED


@task(name="measure", **CACHED)
def measure(folder: str, key: str) -> list[dict[str, Any]]:
    """Hold vectors and forecasts against what was measured."""
    return benchmark.measure(Context(Path(folder)), key)
