"""Work that waits for a server: many jobs at once in an event loop of their own, their results kept as they come."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from queue import Empty, SimpleQueue
from typing import TypeVar

import anyio
from anyio.from_thread import start_blocking_portal

from taskatlas import progress

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")
_Work = Callable[[_Job], Awaitable[_Result]]
_TICK = 0.2
"""Seconds between two looks at whether the run is to end."""


class LateError(Exception):
    """The time is over."""


def run_jobs(
    opened: Callable[[], AbstractAsyncContextManager[_Work[_Job, _Result]]],
    jobs: Sequence[_Job],
    keep: Callable[[list[_Result]], None],
    *,
    at_once: int,
    until: float | None = None,
) -> None:
    """Run jobs, so many at once, in a thread of their own; keep their results in the calling thread, as they come.

    However it ends, the jobs under way are called off, every result is kept, and the thread has ended.
    What is kept counts as progress of the stage `answer`, where an interrupt ends the work, too.

    Args:
        opened: what the jobs need, open as long as they run, which gives the function that does one.
        jobs: what is to be done.
        keep: called with all results since the last call.
        at_once: jobs under way.
        until: when to give up, in seconds of `time.monotonic`; None: never.

    Raises:
        LateError: there was not enough time.
        KeyboardInterrupt: the run is to end.
        Exception: what the first job raised that failed.

    """
    finished: SimpleQueue[_Result | None] = SimpleQueue()
    if until is not None and time.monotonic() > until:
        raise LateError

    async def crew() -> None:
        rest = iter(jobs)

        async def worker(work: _Work[_Job, _Result]) -> None:
            for job in rest:
                finished.put(await work(job))

        async with opened() as work, anyio.create_task_group() as group:
            for _ in range(min(at_once, len(jobs))):
                group.start_soon(worker, work)

    try:
        with start_blocking_portal(name="taskatlas-remote") as portal:
            running = portal.start_task_soon(crew)
            running.add_done_callback(lambda _: finished.put(None))
            while not (running.done() and finished.empty()):
                _keep_arrived(finished, keep)
                if until is not None and time.monotonic() > until:
                    raise LateError
            running.result()
    except BaseExceptionGroup as group:
        raise _first(group) from None
    finally:
        rest = list(_arrived(finished))
        if rest:
            keep(rest)


def _keep_arrived(finished: SimpleQueue[_Result | None], keep: Callable[[list[_Result]], None]) -> None:
    """Keep what there is, or wait a moment for it."""
    results: list[_Result] = []
    try:
        first = finished.get(timeout=_TICK)
    except Empty:
        first = None
    if first is not None:
        results = [first, *_arrived(finished)]
        keep(results)
    progress.advance("answer", len(results))


def _arrived(finished: SimpleQueue[_Result | None]) -> Iterator[_Result]:
    while not finished.empty():
        result = finished.get()
        if result is not None:
            yield result


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one error of a group, or the first of several jobs that failed at once."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
