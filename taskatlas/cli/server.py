"""Prefect's server for one run in this process: started while modules load, and gone with the process that asked.

Prefect would start one by itself, but only once it is needed, and it would outlive a process that is killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from taskatlas.errors import TaskatlasError

SECONDS = 120.0
"""How long a server may take to start on a busy machine."""
_COMMAND = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv.pop(1)):
        sys.exit()
import uvicorn
uvicorn.run("prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=int(sys.argv[1]),
            log_level="error", lifespan="on")
"""
"""Ends with its parent, however that ends (PR_SET_PDEATHSIG)."""
_SETTINGS = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect sets for a server of its own making."""


class LocalServer:
    """A server on loopback whose database lies below PREFECT_HOME.

    Attributes:
        url: where its interface is.
        seconds: how long its user waited for it.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        port = _free_port()
        self.url, self.seconds = f"http://127.0.0.1:{port}/api", 0.0
        arguments = [*([str(os.getpid())] if sys.platform == "linux" else []), str(port)]
        with log.open("wb") as stream:
            # a session of its own: Ctrl-C in a terminal goes to the run, which still needs its server to end well
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program
                [sys.executable, "-c", _COMMAND, *arguments],
                env={**os.environ, **_SETTINGS},
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            TaskatlasError: it ended, or did not answer in time.
        """
        import httpx

        began = time.monotonic()
        # one client, and none of the certificates that no loopback address needs: reading them takes longer than asking
        with httpx.Client(verify=False, trust_env=False, timeout=5) as client:  # noqa: S501
            while self._process.poll() is None and time.monotonic() - began < SECONDS:
                with suppress(httpx.HTTPError):
                    if client.get(f"{self.url}/health").is_success:
                        self.seconds = time.monotonic() - began
                        return
                time.sleep(0.05)
        what = f"Prefect's temporary server did not start (its log is {self._log})"
        raise TaskatlasError(what, todo="run again, or give the address of a server in PREFECT_API_URL")

    def stop(self) -> None:
        """End it; nothing of a run is lost, as its database is on the disk."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()


@contextmanager
def server_for(home: Path, environment: Mapping[str, str] = os.environ) -> Iterator[LocalServer | None]:
    """Start a server for the block, and name it in PREFECT_API_URL; None where the environment names one already.

    Args:
        home: Prefect's folder; it is there.
        environment: of the process.
    """
    if environment.get("PREFECT_API_URL"):
        yield None
        return
    server = LocalServer(home / "server.log")
    os.environ["PREFECT_API_URL"] = server.url
    try:
        yield server
    finally:
        del os.environ["PREFECT_API_URL"]
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
