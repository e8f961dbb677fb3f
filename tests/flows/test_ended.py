"""Ctrl-C and SIGTERM end a run within seconds, whatever it is at; what is finished is kept."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import flow, task

import taskatlas
from taskatlas import progress
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.tasks.lock import project_lock
from tests.support.command_line import run_cli
from tests.support.projects import write_project


@task
def endless() -> None:
    """Work that takes long, and reports."""
    while True:
        progress.advance("embed")
        time.sleep(0.01)


@flow
def at_work(project: str) -> None:
    """A flow that waits for it."""
    with project_lock(project):
        endless.submit().result()


@pytest.fixture(params=["SIGINT", "SIGTERM"])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that interrupts the main thread; a shell lets what it runs in the background ignore SIGINT."""
    found = signal.Signals[request.param]
    before = signal.signal(found, signal.default_int_handler)
    yield found
    signal.signal(found, before)


def test_an_interrupt_ends_tasks_that_are_at_work(number: signal.Signals, tmp_path: Path, prefect_server: str):
    folder = write_project(tmp_path / "project")
    threading.Timer(3.0, lambda: signal.pthread_kill(threading.main_thread().ident or 0, number)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        at_work(str(folder))
    assert time.monotonic() - began < 60, "it waited for its task, which has no end"


@pytest.mark.parametrize("number", ["SIGINT"], indirect=True)
def test_a_run_after_an_interrupt_goes_on_with_what_is_missing(
    number: signal.Signals, tmp_path: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch
):
    folder = write_project(tmp_path / "project")
    every, seen = progress.advance, []

    def interrupted(stage: str, amount: int = 1) -> None:
        every(stage, amount)
        seen.append(stage)
        if seen.count("embed") == 2 and threading.current_thread() is not threading.main_thread():
            time.sleep(1.0)  # the main thread waits for this one by then, and is in no code of Prefect's own
            signal.pthread_kill(threading.main_thread().ident or 0, number)
            assert progress._ending.wait(60), "the main thread is to see the interrupt while this one is at work"

    with monkeypatch.context() as patch:
        patch.setattr(progress, "advance", interrupted)
        done = run_cli("run", "--project", folder, "--methods", "prefix")
    assert done.code == 130
    assert "goes on from there" in done.err
    left = Plan(Project(folder), ["prefix"]).space_work("prefix")
    assert 0 < len(left.vectors) < left.total
    assert run_cli("run", "--project", folder, "--methods", "prefix").code == 0
    done = Plan(Project(folder), ["prefix"]).space_work("prefix")
    assert (done.vectors, done.seed_check) == ((), None)
    runs = taskatlas.open(folder).sql("SELECT outcome, release, fault FROM runs ORDER BY began_at").to_pylist()
    assert runs == [
        {"outcome": "interrupted", "release": None, "fault": "KeyboardInterrupt"},
        {"outcome": "published", "release": "v1", "fault": None},
    ]
