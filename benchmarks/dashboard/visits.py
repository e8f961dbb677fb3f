"""How long visitors wait, and what many of them cost: python -m benchmarks.dashboard.visits

A made-up release of 1,000 subjects and 20 datasets, served by `taskatlas dashboard`, and a real browser (Debian's
chromium, headless) on the same two cores. The peer is an app of Streamlit's that shows a title alone, in the same run
and in turns: what a page takes beyond it is ours.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboard.served import bare, dashboard, opened, served
from benchmarks.report import Section, write
from tests.support.releases import publish, tables

VISITS = 10
SESSIONS = 100
AT_ONCE = 10
PAGES = {
    "choose": "text=/^(Use|Nothing) /",
    "": "h1:has-text('Overview')",
    "map": "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg",
    "heatmap": "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg",
    "evidence": "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg",
    "sql": "[data-testid=stTextArea]",
}
"""Page → what has to be seen before it counts as painted: what the visitor came for."""
SUMMARY = (
    "A release of 1,000 subjects on 20 datasets. Goal: the first paint of Choose within 2 s on 2 cores, and no error "
    "and bounded memory with 100 sessions in turn and 10 at once."
)
PAINT = (
    "Seconds from opening the address in a fresh browser session until what the visitor came for is seen (the "
    "forecast, the picture, the editor). First: on a server that has shown nothing yet. Then: "
    f"median [smallest, largest] of {VISITS} visits in turn with the peer. Ratio: median of pairs."
)
MANY = "Whole visits of Choose, and resident memory of the server's processes in MB after them."


def main() -> None:
    """Measure, and write results/dashboard.*."""
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        project = Path(temporary) / "project"
        publish(project, tables(20, 1_000, awkward=False), "made")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        firsts = {page: _first(browser, project, page) for page in PAGES}
        with served(dashboard(project)) as (url, server), served(bare()) as (empty, _):
            paints = {page: _paints(browser, url, empty, page) for page in PAGES}
            many = _many(browser, url, server)
    rows = [_row(page, firsts[page], *paints[page]) for page in PAGES]
    sessions = [(name, f"{seconds:.1f}", f"{memory:.0f}", str(errors)) for name, seconds, memory, errors in many]
    sections = [
        Section("First paint", PAINT, ("page", "first", "then", "peer", "ratio"), rows),
        Section("Many sessions", MANY, ("sessions", "seconds", "memory", "errors"), sessions),
    ]
    figures = {"first": firsts, "paints": paints, "many": many}
    write("dashboard", SUMMARY, sections, figures)


def _first(browser: Browser, project: Path, page: str) -> float:
    with served(dashboard(project)) as (url, _):
        return _painted(browser, f"{url}/{page}", PAGES[page])


def _paints(browser: Browser, url: str, empty: str, page: str) -> tuple[list[float], list[float]]:
    ours, peer = [], []
    for _ in range(VISITS):
        ours.append(_painted(browser, f"{url}/{page}", PAGES[page]))
        peer.append(_painted(browser, empty, "h1"))
    return ours, peer


def _painted(browser: Browser, url: str, seen: str) -> float:
    page = opened(browser)
    try:
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.locator(seen).first.wait_for()
        return time.perf_counter() - began
    finally:
        page.context.close()


def _many(browser: Browser, url: str, server: psutil.Popen) -> list[tuple[str, float, float, int]]:
    """(what, seconds, MB afterwards, errors) of sessions in turn, and of sessions at once."""
    rows = [("before", 0.0, _memory(server), 0)]
    began, errors = time.perf_counter(), 0
    for done in range(1, SESSIONS + 1):
        errors += _visit(browser, f"{url}/choose?dataset=dataset-{done % 20}")
        if done in (SESSIONS // 2, SESSIONS):
            rows.append((f"{done} in turn", time.perf_counter() - began, _memory(server), errors))
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each thread with a browser of its own, as visitors have
        failed = sum(pool.map(_visit_alone, [f"{url}/choose?dataset=dataset-{number}" for number in range(AT_ONCE)]))
    rows.append((f"{AT_ONCE} at once", time.perf_counter() - began, _memory(server), failed))
    return rows


def _visit(browser: Browser, url: str) -> int:
    """A whole visit; 1 where anything went wrong."""
    page = opened(browser)
    try:
        page.goto(url)
        page.locator(PAGES["choose"]).first.wait_for()
        broken = page.locator("[data-testid=stException]").count() + page.get_by_text("This cannot be shown").count()
        return int(broken > 0)
    finally:
        page.context.close()


def _visit_alone(url: str) -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        return _visit(browser, url)


def _memory(server: psutil.Popen) -> float:
    return sum(each.memory_info().rss for each in [server, *server.children(recursive=True)]) / 1e6


def _row(page: str, first: float, ours: list[float], peer: list[float]) -> tuple[str, ...]:
    def said(values: list[float]) -> str:
        return f"{np.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"

    ratio = float(np.median(np.array(ours) / np.array(peer)))
    return page or "overview", f"{first:.2f}", said(ours), said(peer), f"{ratio:.1f}"


if __name__ == "__main__":
    main()
