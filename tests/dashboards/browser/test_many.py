"""Many visitors: one after the other, and at once. Nobody sees an error, and the server's memory stops growing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.support.browser import CHROMIUM, serving
from tests.support.releases import publish, tables

IN_TURN = 100
AT_ONCE = 10
PATIENCE = 180_000
"""Milliseconds for a page: ten browsers share the cores with all else that runs, and how fast they are is no question
here."""
GROWTH = 40e6
"""Bytes that the second half of the visits may add: what is kept has its bounds, and they are reached by then."""


def look(browser: Browser | BrowserContext, url: str) -> None:
    page = browser.new_page()
    try:
        page.goto(url, timeout=PATIENCE)
        expect(page.get_by_test_id("stAlert").filter(has_text=re.compile("(Use|Nothing) "))).to_be_visible(
            timeout=PATIENCE
        )
        assert page.get_by_test_id("stException").count() == 0
    finally:
        page.close()


def look_alone(url: str) -> bool:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        look(browser, url)
        browser.close()
    return True


def memory(port: int) -> int:
    """Resident bytes of the process that listens there."""
    listening = [
        connection
        for connection in psutil.net_connections("tcp")
        if connection.status == "LISTEN" and connection.laddr.port == port
    ]
    return psutil.Process(listening[0].pid).memory_info().rss


@pytest.mark.slow
def test_a_hundred_in_turn_and_ten_at_once(tmp_path: Path, chromium: Browser):
    folder = tmp_path / "project"
    publish(folder, tables(20, 300, awkward=False), "made")
    with serving(folder) as url:
        port = int(url.rsplit(":", 1)[1])
        used = []
        visitor = chromium.new_context()  # who comes again has the app's own files, and is a new session all the same
        for done in range(IN_TURN):
            look(visitor, f"{url}/choose?dataset=dataset-{done % 20}")
            used.append(memory(port))
        assert used[-1] - used[IN_TURN // 2] < GROWTH
        addresses = [f"{url}/choose?dataset=dataset-{index}" for index in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert sum(pool.map(look_alone, addresses)) == AT_ONCE
        assert memory(port) - used[-1] < 2 * GROWTH
