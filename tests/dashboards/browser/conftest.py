"""A real dashboard, started by its command, and a real browser that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROBE = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
"""Streamlit's page looks below its own address for the server first; the answer is 404, and it goes on to the root."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Closed when this folder's tests are done: Playwright's event loop would be in the way of Prefect's."""
    if CHROMIUM is None:
        pytest.skip("CHROMIUM is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The dashboard of a project, served by the command that people use; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        Path(sys.executable).with_name("taskatlas"),
        "dashboard",
        "-p",
        folder,
        "--no-browser",
        "--port",
        str(port),
    ]
    log = folder.parent / f"dashboard-{port}.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "OMP_NUM_THREADS": "1"})
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="package")
def served(project: Path, chromium: Browser) -> Iterator[str]:
    """The dashboard of the made-up project."""
    with serving(project) as url:
        yield url


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address and waits until its page is drawn. At the end nobody has seen an error or asked elsewhere."""
    opened: list[Page] = []
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBE.search(message.location["url"]):
            complaints.append(f"console: {message.text} {message.location}")

    def note(request: Request) -> None:
        if not request.url.startswith(("http://localhost:", "data:", "blob:")):
            complaints.append(f"asked elsewhere: {request.url}")

    def go(url: str, *, width: int = 1280, dark: bool = False) -> Page:
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
        opened.append(page)
        page.set_default_timeout(30_000)
        page.on("console", heard)
        page.on("request", note)
        page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(url)
        settled(page)
        return page

    yield go
    for page in opened:
        page.close()
    assert complaints == []


def settled(page: Page) -> None:
    """Wait until the page stands still: its title is there, and the server has nothing more to draw."""
    page.locator("h1").first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
