"""A dashboard that is served by its command, and pages of it that stand still."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.support.servers import free_port, running_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The dashboard of a project, served by the command that people use; yields its address."""
    port = free_port()
    url, log = f"http://localhost:{port}", folder.parent / f"dashboard-{port}.log"
    taskatlas = Path(sys.executable).with_name("taskatlas")
    command = [taskatlas, "dashboard", "-p", folder, "--no-browser", "--port", port]
    with running_server(command, f"{url}/_stcore/health", log, OMP_NUM_THREADS="1"):
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


def settled(page: Page) -> None:
    """Wait until the page stands still: its title is there, and the server has nothing more to draw."""
    page.locator("h1").first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
