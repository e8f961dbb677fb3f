"""One run at a time works on a project, whichever flow it is, and all flows of a run share one plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.progress import ended_by_interrupts
from taskatlas.registry.load import load
from taskatlas.store import project_lock as store

_plans: ContextVar[Mapping[Path, Plan] | None] = ContextVar("_plans", default=None)


@contextmanager
def project_lock(project: str) -> Iterator[Plan]:
    """Hold the project's lock within the block, and give the plan of the run.

    A flow that another flow calls shares its caller's lock and plan. Leaving the block by an interrupt ends the tasks
    that are at work.

    Args:
        project: folder of the project.

    Raises:
        CardError: there is no project, or its cards do not hold together; nothing is written there.
        StoreError: another run is at work, or the warehouse cannot be written.
    """
    load(Path(project))
    warehouse = Project(Path(project)).folders.warehouse.resolve()
    held = _plans.get() or {}
    if warehouse in held:
        with ended_by_interrupts():
            yield held[warehouse]
        return
    with store.project_lock(warehouse), ended_by_interrupts():
        plan = Plan(Project(Path(project)))
        token = _plans.set({**held, warehouse: plan})
        try:
            yield plan
        finally:
            _plans.reset(token)
