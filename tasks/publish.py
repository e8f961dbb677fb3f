"""Publish, reliably: `taskatlas.stages.publish` as Prefect tasks."""

from __future__ import annotations

from typing import Any

from prefect import task

from taskatlas.plan.plan import Plan
from taskatlas.stages import publish
from taskatlas.tasks.policies import RELIABLE


@task(name="release", **RELIABLE)
def release(plan: Plan) -> dict[str, Any]:
    """Check all tables and publish them as a release, where it is a new one."""
    return publish.release(plan)
