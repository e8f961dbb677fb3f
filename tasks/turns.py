"""Turns: one run at a time works on a project, whichever flow it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from taskatlas.progress import ended_by_interrupts
from taskatlas.project.settings import Layout
from taskatlas.registry.load import load
from taskatlas.store.turn import one_at_a_time

_held: ContextVar[frozenset[Path]] = ContextVar("_held", default=frozenset())


@contextmanager
def turn(project: str) -> Iterator[None]:
    """Hold the project's turn within the block; a flow that another flow calls shares its caller's. Leaving it by an
    interrupt ends the tasks that are at work.

    Args:
        project: folder of the project.

    Raises:
        CardError: there is no project, or its cards do not hold together; nothing is written there.
        StoreError: another run is at work, or the warehouse cannot be written.
    """
    load(Path(project))
    warehouse = Layout(Path(project)).warehouse.resolve()
    held = _held.get()
    if warehouse in held:
        with ended_by_interrupts():
            yield
        return
    with one_at_a_time(warehouse), ended_by_interrupts():
        token = _held.set(held | {warehouse})
        try:
            yield
        finally:
            _held.reset(token)
