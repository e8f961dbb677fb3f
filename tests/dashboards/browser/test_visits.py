"""What a visitor does, in a real browser: choose, look at the map, ask in SQL, see a new release."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from taskatlas.recommend.recommendation import recommend
from taskatlas.store.reader import Reader
from tests.support.browser import serving, settled
from tests.support.releases import AWKWARD, publish, tables

SLOWEST = 30_000


def told_of(folder: Path, dataset: str) -> str:
    """What `taskatlas recommend` says, without its first word, which a sentence begins with."""
    text = recommend(Reader(folder / "warehouse" / "catalog.duckdb"), "prompt", dataset).text
    return text.partition(" ")[2]


def verdict(page: Page):
    return page.get_by_test_id("stAlert").filter(has_text=re.compile("(Use|Nothing) "))


def test_who_chooses_a_dataset_sees_its_forecast_and_a_link_to_it(
    served: str, project: Path, visit: Callable[..., Page]
):
    page = visit(f"{served}/choose")
    page.get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name="dataset-1", exact=True).click()
    told = told_of(project, "dataset-1")
    expect(verdict(page)).to_contain_text(told)
    assert parse_qs(urlparse(page.url).query)["dataset"] == ["dataset-1"]
    again = visit(page.url)
    expect(verdict(again)).to_contain_text(told)


def test_what_was_chosen_is_in_the_address_also_where_it_is_the_first(served: str, visit: Callable[..., Page]):
    page = visit(f"{served}/choose?dataset=dataset-1")
    box = page.get_by_test_id("stSelectbox").filter(has_text="Dataset")
    box.get_by_label("Clear value").click()
    first = re.compile(re.escape(f"dataset={quote_plus(f'{AWKWARD[0]} dataset')}"))
    page.wait_for_url(first)
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value(f"{AWKWARD[0]} dataset")
    page.get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name="dataset-1", exact=True).click()
    page.wait_for_url(re.compile("dataset=dataset-1"))
    page.get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name=f"{AWKWARD[0]} dataset", exact=True).click()
    page.wait_for_url(first)


def test_the_link_to_a_view_opens_it(served: str, visit: Callable[..., Page]):
    page = visit(f"{served}/choose?dataset=dataset-1")
    said = verdict(page).inner_text()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Link to this view").click()
    link = opened.value.url
    opened.value.close()
    held = parse_qs(urlparse(link).query)
    assert (held["release"], held["dataset"]) == (["v2"], ["dataset-1"])
    assert verdict(visit(link)).inner_text() == said


def test_the_first_page_has_an_address_with_its_name(served: str, visit: Callable[..., Page]):
    page = visit(f"{served}/overview")
    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_that_address_keeps_the_release_which_it_holds(served: str, visit: Callable[..., Page]):
    page = visit(f"{served}/overview?release=v1")
    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.get_by_text("This is release v1, not the newest.")).to_be_visible()
    assert parse_qs(urlparse(page.url).query)["release"] == ["v1"]


def test_choose_can_be_used_with_the_keyboard_alone(served: str, project: Path, visit: Callable[..., Page]):
    page = visit(f"{served}/choose")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.get_by_role("combobox", name="Dataset").evaluate("box => box === document.activeElement"):
            break
    else:
        raise AssertionError("Tab never reached the datasets")
    page.keyboard.type("dataset-2")
    page.keyboard.press("Enter")
    expect(verdict(page)).to_contain_text(told_of(project, "dataset-2"))


@pytest.mark.parametrize("name", AWKWARD)
def test_names_are_shown_as_they_are(served: str, project: Path, visit: Callable[..., Page], name: str):
    dataset = f"{name} dataset"
    page = visit(f"{served}/choose?dataset={quote(dataset, safe='')}")
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value(dataset)
    expect(verdict(page)).to_contain_text(" ".join(told_of(project, dataset).split()))


def test_the_map_shows_a_card_and_a_click_the_nearest(served: str, project: Path, visit: Callable[..., Page]):
    page = visit(f"{served}/map")
    chart = page.get_by_test_id("stVegaLiteChart").first
    point = chart.locator("path[aria-label^='subject ']").last
    point.wait_for()
    point.hover(force=True)
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    name = tooltip.locator("tr").filter(has=page.locator("td.key", has_text="name")).locator("td.value").inner_text()
    point.click(force=True)
    page.wait_for_url(re.compile("entity="))
    entity = parse_qs(urlparse(page.url).query)["entity"][0]
    assert name.strip() in entity
    settled(page)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("DROP TABLE scores", "read"),
        ("CREATE TABLE mine AS SELECT 1", "read"),
        ("FROM read_text('/etc/hostname')", "/etc/hostname"),
        ("COPY scores TO '/tmp/stolen.csv'", "read"),
        ("SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b", "10 s"),
    ],
)
def test_sql_refuses_what_it_must(served: str, visit: Callable[..., Page], query: str, fault: str):
    page = visit(f"{served}/sql?query={quote(query)}")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_test_id("stAlert").first).to_be_visible(timeout=SLOWEST)
    expect(page.get_by_test_id("stMain")).to_contain_text(fault, timeout=SLOWEST)
    page.get_by_role("textbox").first.fill("SELECT 40 + 2 AS answer")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_test_id("stMain")).to_contain_text("1 row", timeout=SLOWEST)


def test_a_release_that_is_published_meanwhile_appears(tmp_path: Path, chromium: Browser, visit: Callable[..., Page]):
    folder = tmp_path / "project"
    publish(folder, tables(seed=1), "first")
    with serving(folder) as url:
        page = visit(f"{url}/choose?dataset=dataset-0")
        expect(verdict(page)).to_contain_text(told_of(folder, "dataset-0"))
        publish(folder, tables(seed=7), "second")
        expect(page.get_by_test_id("stSidebar")).to_contain_text("v2, published", timeout=SLOWEST)
        expect(verdict(page)).to_contain_text(told_of(folder, "dataset-0"))
        page.close()


def test_the_first_release_appears_where_there_was_none(tmp_path: Path, chromium: Browser, visit: Callable[..., Page]):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "atlas.yaml").write_text("name: made\ndescription: None yet\ncorpus: web\nsurrogate: mini\n")
    with serving(folder) as url:
        page = visit(url)
        expect(page.locator("h1")).to_have_text("There is no release yet")
        publish(folder, tables(), "first")
        expect(page.locator("h1")).to_have_text("Overview", timeout=SLOWEST)
        page.close()


@pytest.mark.slow
def test_ten_megabytes_of_texts_are_refused(served: str, visit: Callable[..., Page]):
    page = visit(f"{served}/choose?for=Texts+of+my+own")
    page.get_by_role("textbox").last.evaluate(
        """area => {
            const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set
            set.call(area, 'ten megabytes '.repeat(750000)); area.dispatchEvent(new Event('input', {bubbles: true}))
        }"""
    )
    page.get_by_role("button", name="Choose for these texts").click()
    expect(page.get_by_text("These texts cannot be used")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stMain")).to_contain_text("100,000")
