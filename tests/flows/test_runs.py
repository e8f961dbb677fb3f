"""What runs of the atlas flow leave in the view `runs`, which nobody rebuilds for them."""

from __future__ import annotations

import signal
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from prefect import flow
from prefect.exceptions import CancelledRun

import taskatlas
from taskatlas.errors import CardError, InputError, StoreError
from taskatlas.flows import atlas as flows
from taskatlas.flows.atlas import atlas
from taskatlas.plan.project import Project
from taskatlas.stages.releases import open_warehouse
from taskatlas.store.catalog import rebuild
from taskatlas.store.project_lock import project_lock
from taskatlas.tasks.runs import recorded
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.interrupted_run import standing_at

LAST = """
SELECT outcome, release, computed, device, fault FROM runs
WHERE began_at > (SELECT max(published_at) FROM releases) ORDER BY began_at
"""


def last(project: Path) -> dict[str, Any]:
    """The only run since the newest release."""
    (row,) = taskatlas.open(project).sql(LAST).to_pylist()
    return dict(row)


def stopped(fault: str, outcome: str = "failed", device: str | None = "cpu") -> dict[str, Any]:
    return {"outcome": outcome, "release": "v1", "computed": None, "device": device, "fault": fault}


@pytest.fixture
def project(copy: Path) -> Path:
    """A published project whose catalog reads its own files, without the runs that other tests left in it."""
    path = copy / "warehouse" / "runs.parquet"
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    opened = Project(copy)
    rebuild(open_warehouse(opened), opened.folders.catalog)
    return copy


def test_the_run_that_published_is_there(published: Path):
    rows = taskatlas.open(published).sql("FROM runs ORDER BY began_at").to_pylist()
    began, release = rows[0], taskatlas.open(published).releases().to_pylist()[0]
    assert (began["outcome"], began["release"], began["device"], began["fault"]) == ("published", "v1", "cpu", None)
    assert began["computed"] > 20
    assert began["taskatlas_version"] == release["taskatlas_version"]
    assert began["began_at"] < release["published_at"]
    assert 1 < began["seconds"] < 600


def test_one_that_found_nothing_new(project: Path):
    result = atlas(project=str(project))
    told = {"outcome": "unchanged", "release": "v1", "computed": 0, "device": "cpu", "fault": None}
    assert last(project) == told
    row = taskatlas.open(project).sql("FROM runs ORDER BY began_at DESC LIMIT 1").to_pylist()[0]
    assert row["began_at"].timestamp() == pytest.approx(result["began_at"], abs=1e-5)


def test_one_whose_card_is_broken(project: Path):
    change_card(project / "datasets" / "cafe_reviews.yaml", familly="sentiment")
    with pytest.raises(CardError) as raised:
        atlas(project=str(project))
    assert last(project) == stopped(str(raised.value), device=None)


def test_one_that_the_command_line_stopped_before_prefect_began(project: Path):
    change_card(project / "datasets" / "cafe_reviews.yaml", familly="sentiment")
    done = run_cli("run", "--project", project)
    assert done.code == 2
    assert done.err == f"error: {last(project)['fault']}\n"
    assert last(project) == stopped(last(project)["fault"], device=None)


def test_one_whose_source_is_bad(project: Path):
    (project / "data" / "gadget_reviews.csv").write_text("text,label\nGood,positive\nBad,negative,bad\n")
    with pytest.raises(InputError, match="line 3: expected 2 fields") as raised:
        atlas(project=str(project), device="cpu")
    assert last(project) == stopped(str(raised.value))


def test_one_that_was_turned_away(project: Path):
    with project_lock(project / "warehouse"), pytest.raises(StoreError) as raised:
        atlas(project=str(project), device="cpu")
    assert last(project) == stopped(str(raised.value))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), CancelledRun("hunter2"), CancelledError()])
def test_one_that_was_interrupted(project: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException):
    def interrupted(*given: Any) -> None:
        raise error

    monkeypatch.setattr(flows, "standing_release", interrupted)
    with pytest.raises(type(error)):
        atlas(project=str(project), device="cpu")
    assert last(project) == stopped(type(error).__name__, outcome="interrupted")


def test_one_that_a_signal_ended(project: Path):
    with standing_at("catalog", project) as child:
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == -signal.SIGTERM
    assert last(project) == stopped("TerminationSignal", outcome="interrupted")


def test_a_fault_that_nobody_foresaw_tells_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*given: Any) -> None:
        raise RuntimeError("https://user:hunter2@example.org")

    monkeypatch.setattr(flows, "standing_release", broken)
    with pytest.raises(RuntimeError, match="hunter2"):
        atlas(project=str(project), device="cpu")
    assert last(project) == stopped("RuntimeError")


def test_a_run_whose_row_cannot_be_written_is_a_good_run(project: Path, monkeypatch: pytest.MonkeyPatch):
    from taskatlas.store import runs

    def full(*given: Any) -> None:
        raise StoreError("cannot write (No space left on device)", where=str(project))

    monkeypatch.setattr(runs, "add", full)
    assert atlas(project=str(project), device="cpu")["release"] == "v1"
    assert taskatlas.open(project).sql(LAST).num_rows == 0


def test_prefects_log_says_so_in_one_line(tmp_path: Path, prefect_server: str, caplog: pytest.LogCaptureFixture):
    (tmp_path / "warehouse" / "runs.lock").mkdir(parents=True)

    @flow
    def short(project: str) -> dict[str, Any]:
        with recorded(project) as run:
            return run.ended({"created": True, "computed": 0})

    with caplog.at_level("WARNING", logger="prefect.flow_runs"):
        assert short(str(tmp_path)) == {"created": True, "computed": 0}
    said = [record.getMessage() for record in caplog.records if "table runs" in record.getMessage()]
    assert said == ["the table runs lacks this run: IsADirectoryError"]


def test_a_damaged_file_stops_no_run(project: Path):
    (project / "warehouse" / "runs.parquet").write_bytes(b"damaged")
    result = atlas(project=str(project), device="cpu")
    assert (result["release"], result["created"]) == ("v1", False)
    assert taskatlas.open(project).sql("SELECT outcome FROM runs").to_pylist() == [{"outcome": "unchanged"}]
    (aside,) = (project / "warehouse").glob("runs.parquet.damaged-*")
    assert aside.read_bytes() == b"damaged"


def test_the_file_moves_with_its_project(project: Path):
    moved = project.rename(project.with_name("moved"))
    with pytest.raises(StoreError):
        last(moved)
    atlas(project=str(moved), device="cpu")
    outcomes = taskatlas.open(moved).sql("SELECT outcome FROM runs ORDER BY began_at")["outcome"].to_pylist()
    assert (outcomes[0], outcomes[-1]) == ("published", "unchanged")
