"""Every page in a real browser: no error, nothing asked elsewhere, nothing too wide, nothing that shuts people out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from taskatlas.dashboards.app_pages import PAGES
from tests.support.browser import settled

pytestmark = pytest.mark.slow
ADDRESSES = ["", *list(PAGES)[1:], "choose?for=Texts+of+my+own"]
"""The first page is the one at the root."""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_opens(served: str, visit: Callable[..., Page], address: str, width: int):
    page = visit(f"{served}/{address}", width=width)
    title = PAGES[address.partition("?")[0] or "overview"][0]
    assert page.locator("h1").inner_text() == title
    shown = page.locator('[data-testid="stMainBlockContainer"]').inner_text()
    assert shown.lstrip().startswith(title), "no string of the code stands above it"
    assert page.get_by_text("This cannot be shown").count() == 0
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = page.locator('[data-testid="stMain"]')
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_shuts_nobody_out(served: str, visit: Callable[..., Page], address: str, dark: bool):
    page = visit(f"{served}/{address}", dark=dark)
    report = Axe().run(page)
    serious = [entry for entry in report.response["violations"] if entry["impact"] in {"serious", "critical"}]
    assert [(entry["id"], [node["html"][:200] for node in entry["nodes"]]) for entry in serious] == []


def test_one_can_walk_through_all_pages(served: str, visit: Callable[..., Page]):
    page = visit(served)
    for name, (title, _) in PAGES.items():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
        settled(page)
        assert page.url.removeprefix(f"{served}/").partition("?")[0] in {name, ""}
