"""Servers in processes of their own, on loopback, at ports that are free."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(command: Sequence[object], health: str, log: Path, **variables: str) -> Iterator[None]:
    """A server, from when the address `health` answers; what it prints goes into `log`."""
    with log.open("wb") as output:
        environment = {**os.environ, **variables}
        server = subprocess.Popen([*map(str, command)], stdout=output, stderr=output, env=environment)
    try:
        deadline = time.monotonic() + 120
        while not _answers(health):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        finally:
            server.kill()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False
