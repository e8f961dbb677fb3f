"""Runs as Prefect saw them: flow runs, task runs and what they were handed, artifacts and persisted results."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow, Task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    TaskRunFilter,
    TaskRunFilterFlowRunId,
)
from prefect.client.schemas.objects import Artifact, TaskRun
from prefect.client.schemas.sorting import ArtifactSort, FlowRunSort, TaskRunSort
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.utilities.annotations import quote

STAGES = ("ingest", "predict", "embed", "benchmark", "publish")


@dataclass(frozen=True)
class Run:
    """One run of a flow.

    Attributes:
        result: what the flow returned, or the exception that ended it.
        flow_runs: its own id and those of the stage flows that it called.
        began: seconds of the system's clock.
        ended: likewise.
    """

    result: Any
    flow_runs: tuple[UUID, ...]
    began: float
    ended: float

    def tasks(self, count: int) -> list[TaskRun]:
        """Its task runs, without the stage flows; waits until `count` of them are recorded as ended."""
        chosen = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=list(self.flow_runs)))
        with get_client(sync_client=True) as client:
            found = _until(
                lambda: [
                    task
                    for task in client.read_task_runs(task_run_filter=chosen, sort=TaskRunSort.NAME_ASC, limit=200)
                    if task.state and task.state.is_final() and task.task_key.rpartition("-")[0] not in STAGES
                ],
                lambda tasks: len(tasks) >= count,
            )
        assert len(found) == count, sorted(task.name for task in found)
        return found

    def artifacts(self) -> dict[str, Artifact]:
        """Its artifacts by key."""
        chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=list(self.flow_runs)))
        with get_client(sync_client=True) as client:
            return {
                str(found.key): found
                for found in client.read_artifacts(artifact_filter=chosen, sort=ArtifactSort.KEY_ASC, limit=50)
            }

    def results(self) -> list[Path]:
        """The files of Prefect's result storage that were written while it ran: later runs may keep results there."""
        storage = Path(os.environ["PREFECT_HOME"]) / "storage"
        return [
            path for path in storage.rglob("*") if path.is_file() and self.began <= path.stat().st_mtime <= self.ended
        ]


def observed(flow: Flow[..., Any], **parameters: Any) -> Run:
    """Run a flow and look it up."""
    began = time.time()
    state = flow(**parameters, return_state=True)
    ended = time.time()
    own = state.state_details.flow_run_id
    assert own is not None
    with get_client(sync_client=True) as client:
        children = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[own])),
            sort=FlowRunSort.START_TIME_ASC,
            limit=50,
        )
    result = state.result(raise_on_failure=False)
    return Run(result, (own, *(child.id for child in children)), began, ended)


def no_heartbeats() -> AbstractContextManager[object]:
    """Flows that run in this process send none: nobody listens to them, and Prefect takes a second to end each."""
    return temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


def _until(look: Callable[[], list[TaskRun]], enough: Callable[[list[TaskRun]], bool]) -> list[TaskRun]:
    """What `look` finds once it is enough; the server records task runs some seconds after they ended."""
    deadline = time.monotonic() + 60
    while not enough(found := look()) and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


Handed = list[tuple[str, dict[str, Any]]]
"""The name of each task that was started, in order, with the parameters that were handed over."""


def noted(patch: pytest.MonkeyPatch) -> Handed:
    """What tasks are handed from now on, as long as the patch holds."""
    handed: Handed = []
    submit, call = Task.submit, Task.__call__

    def submitted(self: Task[..., Any], **given: Any) -> Any:
        handed.append((self.name, {name: _unquoted(value) for name, value in given.items()}))
        return submit(self, **given)

    def called(self: Task[..., Any], *args: Any, **given: Any) -> Any:
        handed.append((self.name, inspect.signature(self.fn).bind(*args, **given).arguments))
        return call(self, *args, **given)

    patch.setattr(Task, "submit", submitted)
    patch.setattr(Task, "__call__", called)
    return handed


def _unquoted(value: Any) -> Any:
    return value.unquote() if isinstance(value, quote) else value


SECRET = "hunter2-and-more"


@dataclass(frozen=True)
class Undisturbed:
    """A tiny project that ran through once, with its catalog elsewhere, at an address that holds a password.

    Attributes:
        folder: the project; do not change it.
        address: the catalog's.
        run: how Prefect saw the run.
        handed: what all tasks were handed.
    """

    folder: Path
    address: str
    run: Run
    handed: Handed
