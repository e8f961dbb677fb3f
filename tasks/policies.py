"""How every task of taskatlas is cached and retried.

The cached thing is a manifest of keys; the rows themselves lie in parts. A task's `key` is the content hash of all that
its result depends on, so the cache key is free of paths, times, devices and secrets.
"""

from __future__ import annotations

from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE, TASK_SOURCE, CacheKeyFnPolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture
from prefect.tasks import exponential_backoff

from taskatlas.errors import StoreError, TaskatlasError


def _by_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return f"{context.task.name}-{parameters['key']}"


def outside_failure(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's form
    """Whether another try may help: a person's mistake stays one, however often it is tried, but a server that does not
    answer may do so in a moment."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, Exception) and (not isinstance(error, TaskatlasError) or _unanswered(error))


def _unanswered(error: TaskatlasError) -> bool:
    """Whether the warehouse's server is behind the error; hubs are tried again by their own client already."""
    cause: BaseException | None = error if isinstance(error, StoreError) else None
    while cause is not None:
        driver = getattr(cause, "orig", None)  # the database driver's error within SQLAlchemy's
        if isinstance(cause, ConnectionError | TimeoutError) or type(driver).__module__.startswith("psycopg"):
            return True
        cause = cause.__cause__
    return False


NOT_CACHED: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": outside_failure,
    "log_prints": False,
}
"""Options of a task that looks for itself whether there is anything to do."""

CACHED: dict[str, Any] = {
    **NOT_CACHED,
    "cache_policy": CacheKeyFnPolicy(cache_key_fn=_by_key) + TASK_SOURCE,
    "persist_result": True,
    "result_serializer": "json",
}
"""Options of a task whose result is a manifest and whose parameters hold its content hash as `key`."""


def submit(task: Task[..., Any], *, missing: bool, **parameters: Any) -> PrefectFuture[Any]:
    """Submit a task, past the cache where a part that it should have made is missing: a remembered manifest whose part
    is gone counts as a miss."""
    future: PrefectFuture[Any] = task.with_options(refresh_cache=missing).submit(**parameters)
    return future
