"""Runs: what a block leaves in the table of runs, however it ends, and that this never gets in its way."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from taskatlas.errors import InputError
from taskatlas.stages.runs import recorded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "warehouse" / "state").mkdir(parents=True)
    return tmp_path


def rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "warehouse" / "runs.parquet").to_pylist()
    return found


def remembered(folder: Path) -> dict[str, Any]:
    """The one row, without its times."""
    (row,) = rows(folder)
    return {name: row[name] for name in ("outcome", "release", "computed", "device", "fault")}


@pytest.mark.parametrize(("created", "outcome"), [(True, "published"), (False, "unchanged")])
def test_a_run_that_went_well(folder: Path, created: bool, outcome: str):
    (folder / "warehouse" / "state" / "publish.json").write_text(json.dumps({"release": "v7"}))
    before = time.time()
    with recorded(folder) as run:
        run.device = "cpu"
        time.sleep(0.05)
        result = {"created": created, "computed": 12}
        assert run.ended(result) is result
    assert remembered(folder) == {
        "outcome": outcome, "release": "v7", "computed": 12, "device": "cpu", "fault": None,
    }  # fmt: skip
    (row,) = rows(folder)
    assert before - 1e-3 <= row["began_at"].timestamp() == pytest.approx(run.began_at, abs=1e-5)
    assert 0.05 <= row["seconds"] <= time.time() - before
    assert row["taskatlas_version"]


STOPPED = [
    (InputError("there is no such file", where="data/a.csv"), "failed", "data/a.csv: there is no such file"),
    (ValueError("https://user:hunter2@example.org"), "failed", "ValueError"),
    (TimeoutError("asked to end"), "interrupted", "TimeoutError"),
    (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
    (SystemExit(3), "interrupted", "SystemExit"),
]


@pytest.mark.parametrize(("error", "outcome", "fault"), STOPPED)
def test_a_run_that_was_stopped(folder: Path, error: BaseException, outcome: str, fault: str):
    with pytest.raises(type(error)) as raised, recorded(folder, interrupts=(TimeoutError,)):
        raise error
    assert raised.value is error
    told = {"outcome": outcome, "release": None, "computed": None, "device": None, "fault": fault}
    assert remembered(folder) == told


def test_a_beginning_that_went_well_leaves_no_row(folder: Path):
    with recorded(folder):
        pass
    assert not (folder / "warehouse" / "runs.parquet").exists()


def test_nothing_is_written_where_nothing_was_ever_made(tmp_path: Path):
    warned: list[str] = []
    with pytest.raises(InputError), recorded(tmp_path, warn=warned.append):
        raise InputError("there is no project here")
    assert (list(tmp_path.iterdir()), warned) == ([], [])


@pytest.mark.parametrize("state", ["{", "[]", "{}"])
def test_a_damaged_state_file_costs_the_release_only(folder: Path, state: str):
    (folder / "warehouse" / "state" / "publish.json").write_text(state)
    with recorded(folder) as run:
        run.ended({"created": True, "computed": 1})
    assert remembered(folder)["release"] is None


@pytest.mark.parametrize("spoiled", ["lock", "folder"])
def test_a_row_that_cannot_be_written_is_one_warning(folder: Path, spoiled: str):
    if spoiled == "lock":
        (folder / "warehouse" / "runs.lock").mkdir()
    else:
        (folder / "warehouse" / "state").rmdir()
        (folder / "warehouse").rmdir()
        (folder / "elsewhere").mkdir()
        (folder / "warehouse").symlink_to("/proc/self", target_is_directory=True)
    warned: list[str] = []
    with recorded(folder, warn=warned.append) as run:
        run.ended({"created": True, "computed": 1})
    assert len(warned) == 1
    assert warned[0].startswith("the table runs lacks this run: ")
    assert "\n" not in warned[0]
    with pytest.raises(InputError) as raised, recorded(folder, warn=warned.append):
        raise InputError("what stopped it")
    assert str(raised.value) == "what stopped it"
    with recorded(folder) as run:  # and nobody needs to listen
        run.ended({"created": True, "computed": 1})


def test_threads_that_end_at_once_lose_no_run(folder: Path):
    def one() -> None:
        with recorded(folder) as run:
            run.ended({"created": False, "computed": 0})

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(folder)) == 8
