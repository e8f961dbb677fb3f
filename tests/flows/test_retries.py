"""What is tried again, what is not, and what a run after that has to do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from prefect.states import Failed

from taskatlas.errors import DamagedPartError, InputError, StoreError
from taskatlas.flows.ingest import ingest
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages import ingest as stage
from taskatlas.tasks.ingest import read
from taskatlas.tasks.policies import outside_failure
from tests.support.prefect_runs import Handed, observed

ORIGINS = 3


class Failing:
    """A stand-in that raises the first `times` times and then does what it stands for."""

    def __init__(self, stands_for: Any, error: Exception, times: int) -> None:
        self.stands_for, self.error, self.left, self.calls = stands_for, error, times, 0

    def __call__(self, card: Any, folder: Path) -> Any:
        if card.name == "cafe_reviews":
            self.calls += 1
            if self.left:
                self.left -= 1
                raise self.error
        return self.stands_for(card, folder)


def test_a_source_that_fails_once_from_outside_is_read_again(
    tiny: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch, handed: Handed
):
    failing = Failing(stage.read_dataset, OSError("stale file handle"), 1)
    monkeypatch.setattr(stage, "read_dataset", failing)
    seen = observed(ingest, project=str(tiny))
    assert seen.result["datasets"] == 2
    assert failing.calls == 2
    runs = {task.name: task.run_count for task in seen.tasks(3 * ORIGINS)}
    assert runs.pop("read cafe_reviews") == 2
    assert set(runs.values()) == {1}

    # what is finished is known by its parts: another run has no task, and Prefect keeps no result
    handed.clear()
    again = observed(ingest, project=str(tiny))
    assert again.result == seen.result
    assert (handed, seen.results()) == ([], [])

    # and where a part was lost, it has that one's
    plan = Plan(Project(tiny))
    plan.project.parts.remove("rows", plan.datasets["gadget_reviews"].rows)
    plan.project.parts.path("quality", plan.corpus.quality).write_bytes(b"")
    assert observed(ingest, project=str(tiny)).result == seen.result
    assert [(name, given["source"].name) for name, given in handed] == [
        ("read", "gadget_reviews"), ("check", "everyday"),
    ]  # fmt: skip


def test_a_persons_mistake_is_not_tried_again(tiny: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch):
    failing = Failing(stage.read_dataset, InputError("is empty", where="data/cafe_reviews.csv", todo="fill it"), 9)
    monkeypatch.setattr(stage, "read_dataset", failing)
    began = time.monotonic()
    with pytest.raises(InputError, match=r"^data/cafe_reviews\.csv: is empty\. Fill it$"):
        ingest(project=str(tiny))
    assert failing.calls == 1
    assert time.monotonic() - began < 15


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (OSError("stale file handle"), True),
        (MemoryError(), True),
        (InputError("is empty"), False),
        (StoreError("the disk is full"), False),
        (DamagedPartError("the part rows/k.parquet is missing", kind="rows"), False),  # it is made anew, not asked for
        (caused(StoreError("the disk is full"), OSError("no space left")), False),
        (caused(StoreError("the server does not answer"), ConnectionRefusedError()), True),
        (caused(InputError("the dataset cannot be loaded"), ConnectionError()), False),  # the hub's client tried again
    ],
    ids=str,
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool):
    assert outside_failure(read, None, Failed(data=error)) is again
