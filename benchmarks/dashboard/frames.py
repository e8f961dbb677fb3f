"""How smoothly the map moves: python -m benchmarks.dashboard.frames

Made-up releases of growing size, served by `taskatlas dashboard`, and a real browser (Debian's chromium, headless,
which draws without a GPU) on the same two cores. The picture is dragged and zoomed as a person does it, and the browser
says when it drew a frame. The peer is the same mouse on a page that has nothing to redraw.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.dashboard.served import bare, dashboard, opened, served
from benchmarks.report import Section, write
from tests.dashboards.made import publish, tables

SUBJECTS = (1_000, 5_000)
DATASETS = 20
STEPS = 90
PAUSE = 0.016
HOVERS = 15
PICTURE = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg.marks"
SUMMARY = "The page Map with up to 5,000 points. Goal: it stays smooth, so that a person sees no stutter."
DEFINITION = (
    "Milliseconds between two frames that the browser drew, median [95th percentile], while the mouse drags the "
    f"picture ({STEPS} moves) and zooms it ({STEPS // 3} turns of the wheel); Peer: dragging on an empty page. Card: "
    f"median milliseconds until the card of a point is there, once the mouse is on it ({HOVERS} points). Click: "
    "seconds until a click shows the nearest, with the server's part. Paint: seconds until the picture is there in a "
    "fresh session."
)
COLUMNS = ("points", "drawn as", "drag", "peer", "zoom", "card", "click", "paint")
_WATCH = """() => { const own = window.frames_ = []
    const tick = now => { own.push(now); if (own === window.frames_) requestAnimationFrame(tick) }
    requestAnimationFrame(tick) }"""


def main() -> None:
    """Measure, and write results/frames.*."""
    figures = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for count in SUBJECTS:
            project = Path(place) / f"project-{count}"
            publish(project, tables(DATASETS, count - DATASETS, awkward=False), "made")
            with served(dashboard(project)) as (url, _), served(bare()) as (empty, _):
                figures.append({"points": count, **_map(browser, url), "peer": _peer(browser, empty)})
                print(figures[-1], flush=True)
    write("frames", SUMMARY, [Section("Map", DEFINITION, COLUMNS, [_row(each) for each in figures])], {"rows": figures})


def _map(browser: Browser, url: str) -> dict[str, Any]:
    page = opened(browser)
    began = time.perf_counter()
    page.goto(f"{url}/map", wait_until="commit")
    picture = page.locator(PICTURE).first
    picture.wait_for()
    found: dict[str, Any] = {"paint": time.perf_counter() - began, "kind": picture.evaluate("each => each.tagName")}
    page.wait_for_timeout(2_000)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6
    found["card"] = _cards(page, box)
    found["click"] = _click(page)
    page.wait_for_timeout(1_000)
    found["drag"] = _dragged(page, middle)
    found["zoom"] = _zoomed(page, middle)
    page.context.close()
    return found


def _peer(browser: Browser, url: str) -> list[float]:
    page = opened(browser)
    page.goto(url)
    page.locator("h1").wait_for()
    page.wait_for_timeout(1_000)
    found = _dragged(page, (640.0, 600.0))
    page.context.close()
    return found


def _dragged(page: Page, middle: tuple[float, float]) -> list[float]:
    page.mouse.move(*middle)
    page.mouse.down()
    page.evaluate(_WATCH)
    for step in range(STEPS):
        page.mouse.move(middle[0] + 80 * np.sin(step / 15), middle[1] + 60 * np.cos(step / 15))
        time.sleep(PAUSE)
    page.mouse.up()
    return _frames(page)


def _zoomed(page: Page, middle: tuple[float, float]) -> list[float]:
    page.mouse.move(*middle)
    page.evaluate(_WATCH)
    for step in range(STEPS // 3):
        page.mouse.wheel(0, -60 if step < STEPS // 6 else 60)
        time.sleep(PAUSE)
    return _frames(page)


def _frames(page: Page) -> list[float]:
    times = page.evaluate("() => new Promise(done => requestAnimationFrame(() => done(window.frames_)))")
    return [float(each) for each in np.diff(times)]


def _cards(page: Page, box: Any) -> list[float]:
    """Milliseconds from the mouse's coming to rest on a place until the card there is seen; places without are left."""
    random, found = np.random.default_rng(0), []
    card = page.locator("#vg-tooltip-element.visible")
    while len(found) < HOVERS:
        x, y = box["x"] + box["width"] * random.uniform(0.2, 0.8), box["y"] + box["height"] * random.uniform(0.4, 0.8)
        page.mouse.move(box["x"] + 2, box["y"] + 2)
        page.wait_for_timeout(100)
        began = time.perf_counter()
        page.mouse.move(x, y)
        while time.perf_counter() - began < 0.5:
            if card.count():
                found.append(1000 * (time.perf_counter() - began))
                break
    return found


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
        f"{figure['paint']:.1f}",
    )


if __name__ == "__main__":
    main()
