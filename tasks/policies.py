"""How every task of taskatlas is retried.

Nothing is cached by Prefect: a task is submitted only where the plan says that a part is missing, and parts are found
again by their content.
"""

from __future__ import annotations

from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import quote

from taskatlas.errors import StoreError, TaskatlasError


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


RELIABLE: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": outside_failure,
    "log_prints": False,
}
"""Options of every task."""


def submit(task: Task[..., Any], **parameters: Any) -> PrefectFuture[Any]:
    """Submit a task. Work items are handed over as they are: Prefect would look into each of them for futures."""
    future: PrefectFuture[Any] = task.submit(**{name: quote(value) for name, value in parameters.items()})
    return future
