"""What is tried again, what is not, and what a damaged cache does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from prefect.states import Failed

from taskatlas.errors import InputError, StoreError
from taskatlas.flows.ingest import ingest
from taskatlas.stages import ingest as stage
from taskatlas.tasks.ingest import read
from taskatlas.tasks.policies import outside_failure
from tests.flows.observe import observed, result_files

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
    tiny: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch
):
    failing = Failing(stage.read_dataset, OSError("stale file handle"), 1)
    monkeypatch.setattr(stage, "read_dataset", failing)
    seen = observed(ingest, project=str(tiny))
    assert seen.result["datasets"] == 2
    assert failing.calls == 2
    runs = {task.name: task.run_count for task in seen.tasks(3 * ORIGINS)}
    assert runs.pop("read cafe_reviews") == 2
    assert set(runs.values()) == {1}

    # results that were cut short, as Prefect does not write them in one piece, are misses and no more
    cut = result_files(seen.began)
    assert len(cut) == 3 * ORIGINS
    for place, path in enumerate(cut):
        path.write_bytes(path.read_bytes()[: 40 * (place % 2)])
    again = observed(ingest, project=str(tiny))
    assert again.result == seen.result
    assert {task.state.name for task in again.tasks(3 * ORIGINS)} == {"Completed"}


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
        (caused(StoreError("the disk is full"), OSError("no space left")), False),
        (caused(StoreError("the server does not answer"), ConnectionRefusedError()), True),
        (caused(InputError("the dataset cannot be loaded"), ConnectionError()), False),  # the hub's client tried again
    ],
    ids=str,
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool):
    assert outside_failure(read, None, Failed(data=error)) is again
