"""A real dashboard, started by its command, and a real browser that looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.support.browser import CHROMIUM, serving, settled

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
