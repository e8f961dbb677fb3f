"""How smoothly the map moves: python -m benchmarks.dashboard.frames

Made-up releases of growing size, served by `taskatlas dashboard`, and a real browser (Debian's chromium, headless,
which draws without a GPU) on the same two cores. The picture is dragged and zoomed as a person does it. The peer is the
same mouse on a page that has nothing to redraw.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.dashboard.served import bare, dashboard, opened, served
from benchmarks.report import Section, write
from tests.support.releases import publish, tables

SUBJECTS = (300, 1_000, 2_500, 5_000)
DATASETS = 20
STEPS = 60
HOVERS = 15
PICTURE = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg.marks"
SUMMARY = (
    "The page Map with up to 5,000 points. Goal: it stays smooth, which is to say that it follows the mouse no more "
    "than 100 ms later than an empty page does (what answers within a tenth of a second seems to answer at once: "
    "Miller 1968, Response time in man-computer conversational transactions)."
)
DEFINITION = (
    "Drag, zoom: milliseconds from a move of the mouse or a turn of its wheel until the browser has drawn two frames "
    f"after it, median [95th percentile] of {STEPS}. Peer: the same move on an empty page. Card: median milliseconds "
    f"from the mouse's coming to a point until its card is there ({HOVERS} points). Click: seconds until a click shows "
    "the nearest, with the server's part."
)
COLUMNS = ("points", "drawn as", "drag", "peer", "zoom", "card", "click")
_TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    """Measure, and write results/frames.*."""
    figures = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for count in SUBJECTS:
            project = Path(temporary) / f"project-{count}"
            publish(project, tables(DATASETS, count - DATASETS, awkward=False), "made")
            with served(dashboard(project)) as (url, _), served(bare()) as (empty, _):
                figures.append({"points": count, **_map(browser, url), "peer": _peer(browser, empty)})
                print(figures[-1], flush=True)
    write("frames", SUMMARY, [Section("Map", DEFINITION, COLUMNS, [_row(each) for each in figures])], {"rows": figures})


def _map(browser: Browser, url: str) -> dict[str, Any]:
    page = opened(browser)
    picture = _shown(page, url)
    figures: dict[str, Any] = {"kind": picture.evaluate("each => each.tagName")}
    box = picture.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6
    figures["card"] = _cards(page, box)
    figures["click"] = _click(page)
    _shown(page, url)  # nothing is chosen there
    figures["drag"] = _dragged(page, middle)
    figures["zoom"] = _zoomed(page, middle)
    page.context.close()
    return figures


def _shown(page: Page, url: str) -> Locator:
    """The picture, once it stands still and in view."""
    page.goto(f"{url}/map")
    picture = page.locator(PICTURE).first
    picture.wait_for()
    page.wait_for_timeout(2_000)
    picture.scroll_into_view_if_needed()
    return picture


def _peer(browser: Browser, url: str) -> list[float]:
    page = opened(browser)
    page.goto(url)
    page.locator("h1").wait_for()
    page.wait_for_timeout(1_000)
    frames = _dragged(page, (640.0, 600.0))
    page.context.close()
    return frames


def _dragged(page: Page, middle: tuple[float, float]) -> list[float]:
    page.mouse.move(*middle)
    page.mouse.down()
    steps = [(middle[0] + 80 * np.sin(step / 9), middle[1] + 60 * np.cos(step / 9)) for step in range(STEPS)]
    frames = [_followed(page, partial(page.mouse.move, *step)) for step in steps]
    page.mouse.up()
    return frames


def _zoomed(page: Page, middle: tuple[float, float]) -> list[float]:
    page.mouse.move(*middle)
    return [_followed(page, partial(page.mouse.wheel, 0, -60 if step < STEPS / 2 else 60)) for step in range(STEPS)]


def _followed(page: Page, act: Callable[[], None]) -> float:
    """Milliseconds from what a hand does until two frames were drawn: the first may have been under way already."""
    began = time.perf_counter()
    act()
    page.evaluate(_TWO_FRAMES)
    return 1000 * (time.perf_counter() - began)


def _cards(page: Page, box: Any) -> list[float]:
    """Milliseconds from the mouse's coming to rest on a place until the card there is seen; places without are left."""
    random, waits = np.random.default_rng(0), []
    card = page.locator("#vg-tooltip-element.visible")
    while len(waits) < HOVERS:
        x, y = box["x"] + box["width"] * random.uniform(0.2, 0.8), box["y"] + box["height"] * random.uniform(0.4, 0.8)
        page.mouse.move(box["x"] + 2, box["y"] + 2)
        page.wait_for_timeout(100)
        began = time.perf_counter()
        page.mouse.move(x, y)
        while time.perf_counter() - began < 0.5:
            if card.count():
                waits.append(1000 * (time.perf_counter() - began))
                break
    return waits


def _click(page: Page) -> float:
    """Seconds from a click on the point under the mouse until its neighbours stand below the picture."""
    began = time.perf_counter()
    page.mouse.down()
    page.mouse.up()
    page.get_by_test_id("stDataFrame").first.wait_for()
    return time.perf_counter() - began


def _row(figure: dict[str, Any]) -> tuple[str, ...]:
    def said(values: list[float]) -> str:
        return f"{np.median(values):.0f} [{np.percentile(values, 95):.0f}]"

    return (
        f"{figure['points']:,}",
        str(figure["kind"]).lower(),
        said(figure["drag"]),
        said(figure["peer"]),
        said(figure["zoom"]),
        f"{np.median(figure['card']):.0f}",
        f"{figure['click']:.1f}",
    )


if __name__ == "__main__":
    main()
