"""Prefect's server of one run: it answers, it is the run's own, and it goes with the process that asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from taskatlas.cli import server as of_run
from taskatlas.cli.server import LocalServer, server_for
from taskatlas.errors import TaskatlasError

STARTS = """
import sys, time
from pathlib import Path
from taskatlas.cli.server import LocalServer
server = LocalServer(Path(sys.argv[1]) / "server.log")
server.wait()
print(server.url, server._process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for Prefect's files, and no server in the environment."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL")
    return tmp_path


def is_gone(pid: int, seconds: float = 30.0) -> bool:
    """Whether a process ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_it_answers_within_the_block_and_is_gone_after_it(home: Path):
    with server_for(home) as server:
        assert server is not None
        server.wait()
        assert os.environ["PREFECT_API_URL"] == server.url
        assert httpx.get(f"{server.url}/health").json() is True
        pid = server._process.pid
        assert os.getsid(pid) == pid, "Ctrl-C in a terminal does not reach it"
    assert "PREFECT_API_URL" not in os.environ
    assert is_gone(pid)


def test_where_one_is_named_none_is_started(home: Path):
    with server_for(home, {"PREFECT_API_URL": "http://127.0.0.1:9/api"}) as server:
        assert server is None
    assert not (home / "server.log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells a child of its parent's end on Linux")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_process_that_asked_for_it(home: Path, end: signal.Signals):
    parent = subprocess.Popen([sys.executable, "-c", STARTS, str(home)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        url, pid = parent.stdout.readline().split()
    assert httpx.get(f"{url}/health").is_success
    parent.send_signal(end)
    parent.wait()
    assert is_gone(int(pid))


def test_one_that_ends_at_once_is_told_with_its_log(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(of_run, "_COMMAND", "raise SystemExit(3)")
    server = LocalServer(home / "server.log")
    with pytest.raises(TaskatlasError, match=r"did not start \(its log is .*server\.log\)\. Run again, or give"):
        server.wait()
    server.stop()
