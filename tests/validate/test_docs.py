"""Data Docs: complete, readable without a network, and exactly those of the last run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from taskatlas.errors import StoreError
from taskatlas.validate import UnmetError, suite_names, validate_rows, validate_table, write_docs
from taskatlas.validate.suites import Json
from tests.support.accepted_rows import table
from tests.support.source_rows import CLASSES, source


@pytest.fixture(scope="module")
def results() -> list[Json]:
    rows = source({"text": "<script>alert(1)</script> & more"}, {"label": "<b>maybe</b>"})
    passed = [
        validate_rows(rows, CLASSES, quarantine_limit=0.5).result,
        validate_table("scores", table("scores")).result,
    ]
    with pytest.raises(UnmetError) as caught:
        validate_table("neighbors", table("neighbors", {"similarity": 7.0}))
    return [*passed, caught.value.verdict.result]


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src") and value]


def links(page: Path) -> Links:
    parser = Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def test_index_names_every_suite_and_every_validation(tmp_path: Path, results: list[Json]) -> None:
    stamps = write_docs(tmp_path / "docs", results)
    assert list(stamps)[-1] == "index.html"
    html = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="expectations/{name}.html"' in html for name in suite_names())
    assert all(f">{name}</a>" in html for name in ("dataset reviews", "table scores", "table neighbors"))
    assert html.index("table neighbors") < html.index("table scores"), "what failed comes first"


def test_every_link_leads_to_a_page_of_the_site_and_nothing_is_fetched(tmp_path: Path, results: list[Json]) -> None:
    write_docs(tmp_path, results)
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == len(suite_names()) + len(results) + 1
    for page in pages:
        page_links = links(page)
        assert not page_links.tags & {"link", "script", "img", "iframe"}, page
        relative = [target for target in page_links.targets if not target.startswith("#")]
        assert all((page.parent / target).resolve().is_file() for target in relative), (page, relative)
        assert "url(" not in page.read_text(encoding="utf-8")


def test_pages_show_what_was_expected_and_what_was_found(tmp_path: Path, results: list[Json]) -> None:
    write_docs(tmp_path, results)
    page = (tmp_path / "validations/neighbors/table/neighbors/index.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert re.search(r"greater than or equal to -1.000001 and less than or equal to 1.000001 .* 7.0 1 ", text)
    assert "Failed" in text
    suite_page = (tmp_path / "expectations/neighbors.html").read_text(encoding="utf-8")
    assert "A cosine lies between -1 and 1." in suite_page
    rows = (tmp_path / "validations/rows/dataset/reviews/index.html").read_text(encoding="utf-8")
    cells = re.findall(r'class="show-scrollbars">(.*?)</div>', rows)
    at = cells.index("&lt;b&gt;maybe&lt;/b&gt;")
    assert cells[at + 1 : at + 4] == ["1", "train", "2"]


def test_what_a_source_holds_is_text_and_no_markup(tmp_path: Path, results: list[Json]) -> None:
    write_docs(tmp_path, results)
    page = (tmp_path / "validations/rows/dataset/reviews/index.html").read_text(encoding="utf-8")
    assert "<b>maybe" not in page
    assert "default-src 'none'" in page


def test_a_second_run_replaces_the_first(tmp_path: Path, results: list[Json]) -> None:
    write_docs(tmp_path, results)
    (tmp_path / "notes.txt").write_text("a person's file")
    write_docs(tmp_path, results[1:])
    assert not (tmp_path / "validations/rows").exists()
    assert "dataset reviews" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "notes.txt").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("a file")
    with pytest.raises(StoreError, match="cannot write"):
        write_docs(tmp_path / "docs", [])


def test_a_page_that_shows_what_it_showed_is_not_written_again(tmp_path: Path, results: list[Json]) -> None:
    written = write_docs(tmp_path, results)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    assert write_docs(tmp_path, results, written) == written
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")} == before
    changed = [{**results[1], "success": False}, results[0], results[2]]
    again = write_docs(tmp_path, changed, written)
    moved = {path.relative_to(tmp_path).as_posix() for path in before if path.stat().st_mtime_ns != before[path]}
    assert moved == {"index.html", "validations/scores/table/scores/index.html"}
    assert {page for page in again if again[page] != written[page]} == moved
    (tmp_path / "validations/scores/table/scores/index.html").unlink()
    write_docs(tmp_path, changed, again)
    assert (tmp_path / "validations/scores/table/scores/index.html").is_file(), "one that is gone is written again"
