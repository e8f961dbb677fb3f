"""What benchmarks of the dashboard share: its server, started as people start it, and Streamlit's own as the peer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

_EMPTY = Path(__file__).with_name("empty_app.py")


def dashboard(project: Path) -> list[str]:
    """The command that serves a project's dashboard, but for the port."""
    return [str(Path(sys.executable).with_name("taskatlas")), "dashboard", "-p", str(project), "--no-browser", "--port"]


def bare() -> list[str]:
    """The command that serves the least that Streamlit can show, but for the port."""
    quiet = ["--server.headless=true", "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    return [sys.executable, "-m", "streamlit", "run", str(_EMPTY), *quiet, "--server.port"]


@contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[str, psutil.Popen]]:
    """A server's address and process, once it answers; it is stopped afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = psutil.Popen(
        [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    try:
        url = f"http://localhost:{port}"
        deadline = time.monotonic() + 60
        while not _answers(f"{url}/_stcore/health"):
            if time.monotonic() > deadline:
                raise TimeoutError("the server did not start")
            time.sleep(0.2)
        yield url, server
    finally:
        server.terminate()
        server.wait(30)


def opened(browser: Browser) -> Page:
    """A page of a fresh session, as wide as a desk's."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    return page


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
            return True
    except OSError:
        return False
