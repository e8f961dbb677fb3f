"""The pictures in docs/images: python -m tests.support.pictures PROJECT

Every page of a published project, as a desk and as a telephone see it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from taskatlas.dashboards.app_pages import PAGES
from tests.support.browser import CHROMIUM, serving, settled
from tests.support.places import ROOT

SIZES = {1280: 1000, 390: 1200}
"""Width → height."""
LINKS = {
    "overview": "",
    "map": "map?space=crosscov",
    "compare": "compare?subject_a=minilm%2Fbare-awful-wonderful&subject_b=vader",
    "sql": "sql",
}
"""Where a page is not taken as it opens."""


def main(project: Path) -> None:
    """Write docs/images/PAGE-WIDTH.png."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright, serving(project) as url:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in PAGES:
            for width, height in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{url}/{LINKS.get(name, name)}")
                (folder / f"{name}-{width}.png").write_bytes(_taken(page))
                page.close()
        browser.close()


def _taken(page: Page) -> bytes:
    """The page as a PNG of 256 colours, which is a quarter of the size."""
    settled(page)
    page.wait_for_timeout(2_000)  # charts and grids draw themselves
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256)
    file = io.BytesIO()
    taken.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
