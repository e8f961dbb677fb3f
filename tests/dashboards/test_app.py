"""What keeps a page from being shown is told in its place, and a page never mixes two releases."""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pytest

from taskatlas.dashboards import published
from taskatlas.dashboards.published import current_stamp, open_release
from taskatlas.errors import UnknownNameError
from taskatlas.store.reader import Reader
from tests.support.projects import copied
from tests.support.releases import publish, tables
from tests.support.tables import empty, rows

CARD = "name: made\ndescription: None yet\ncorpus: web\nsurrogate: mini\n"
MEAN = "SELECT avg(value) AS mean FROM scores"


def fault_shown(page) -> str:
    assert not page.exception
    assert [error.value for error in page.error] == ["This cannot be shown."]
    return page.text[0].value


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A project with two releases that a test may spoil."""
    return copied(project, tmp_path / "own")


@pytest.fixture(scope="module")
def shrinking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose releases have less and less, for tests that only read."""
    folder = tmp_path_factory.mktemp("shrinking")
    publish(folder, tables(seed=1), "first")
    publish(folder, tables(8, 7, seed=2, awkward=False), "second")
    publish(folder, empty() | {"subjects": rows("subjects", {"subject": "a", "output_kind": "text"})}, "third")
    return folder


def test_no_project(tmp_path: Path, draw):
    assert "there is no project here" in fault_shown(draw("overview", tmp_path))


def test_no_release_yet_and_then_the_first(tmp_path: Path, draw):
    folder = tmp_path / "it's here"
    folder.mkdir()
    (folder / "atlas.yaml").write_text(CARD, encoding="utf-8")
    page = draw("overview", folder)
    assert not page.exception
    assert page.title[0].value == "There is no release yet"
    assert page.code[0].value == f"taskatlas run --project '{tmp_path}/it'\"'\"'s here'"
    publish(folder, tables(), "first")
    assert page.run().title[0].value == "Overview"


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_a_catalog_that_is_none(own: Path, draw, content: bytes):
    (own / "warehouse" / "catalog.duckdb").write_bytes(content)
    fault = fault_shown(draw("choose", own))
    assert "catalog.duckdb: cannot be read" in fault
    assert "taskatlas run" in fault


def test_a_catalog_of_an_older_version(own: Path, draw):
    file = own / "warehouse" / "catalog.duckdb"
    file.unlink()
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE VIEW releases AS SELECT 'v1' AS release")
    assert "was built by an older version of taskatlas" in fault_shown(draw("choose", own))


def test_rows_that_are_gone(own: Path, draw):
    for file in (own / "warehouse").rglob("*/forecasts/**/*.parquet"):
        file.unlink()
    assert "the files of the release cannot be read" in fault_shown(draw("choose", own))


def test_a_link_to_a_release_that_is_not_there(project: Path, draw):
    page = draw("overview", project, release="v9<b>")
    assert not page.exception
    assert page.selectbox(key="release").value == "newest"
    assert any(warning.value.startswith(r"There is no release v9\<b\>; ") for warning in page.warning)
    assert not any(
        "There is no release" in warning.value for warning in draw("overview", project, release="v1").warning
    )


def test_a_release_is_chosen_on_every_page(project: Path, draw):
    page = draw("choose", project)
    page.selectbox(key="release").set_value("v1").run()
    assert page.warning[0].value == "This is release v1, not the newest."
    assert any(caption.value.startswith("v1, published ") for caption in page.caption)
    page.switch_page("app_pages/map.py").run()
    assert page.selectbox(key="release").value == "v1"


@pytest.mark.parametrize("name", ["choose", "map", "compare", "heatmap", "evidence", "overview", "sql"])
def test_a_release_without_what_was_chosen(shrinking: Path, draw, name: str):
    page = draw(name, shrinking, release="v1", dataset="dataset-2", subject="subject-8", entity="subject: subject-8")
    for release in ("v2", "newest", "v1"):
        page.selectbox(key="release").set_value(release).run()
        assert not page.exception
        assert not page.error


def test_a_page_shows_one_release_though_the_catalog_is_replaced_meanwhile(own: Path, draw):
    opened = open_release(own, current_stamp(own))
    before = opened.query("evidence_pairs", metric="accuracy", most=10**6)
    publish(own, tables(seed=5), "third")
    newest = opened.query("choose_subjects", dataset="dataset-0")
    catalog = own / "warehouse" / "catalog.duckdb"
    query = "SELECT expected FROM recommendations WHERE question = 'prompt' AND dataset = 'dataset-0' ORDER BY rank"
    assert newest.release == "v2"
    assert newest.table["expected"].to_pylist() == Reader(catalog, "v2").sql(query)["expected"].to_pylist()
    assert newest.table["expected"].to_pylist() != Reader(catalog).sql(query)["expected"].to_pylist()
    assert opened.query("evidence_pairs", metric="accuracy", most=10**6).table.equals(before.table)
    assert opened.reader.sql(MEAN).equals(Reader(catalog, "v2").sql(MEAN))
    assert open_release(own, current_stamp(own)).release == "v3"


def test_a_catalog_that_is_replaced_while_it_is_read(own: Path, draw, monkeypatch: pytest.MonkeyPatch):
    opened, stamp = open_release(own, current_stamp(own)), published.current_stamp
    looks = iter([opened.stamp])  # the first look comes before the file is replaced
    publish(own, tables(seed=5), "third")
    monkeypatch.setattr(published, "current_stamp", lambda folder: next(looks, stamp(folder)))
    result = opened.query("choose_subjects", dataset="dataset-0")
    own_release = Reader(own / "warehouse" / "catalog.duckdb", "v2")
    query = "SELECT expected FROM recommendations WHERE question = 'prompt' AND dataset = 'dataset-0' AND rank = 1"
    assert result.table["expected"][0] == own_release.sql(query)["expected"][0]


def test_answers_are_shared_but_frames_are_not(project: Path, draw):
    opened = open_release(project, current_stamp(project))
    one, other = (opened.query("datasets") for _ in range(2))
    assert one.table is other.table
    one.frame["family"] = "changed"
    assert "changed" not in set(other.frame["family"])
    assert "changed" not in set(opened.query("datasets").frame["family"])


def test_another_release_is_asked_for_by_name_alone(project: Path, draw):
    opened = open_release(project, current_stamp(project))
    with pytest.raises(UnknownNameError, match="v9"):
        opened.query("overview_moved", against="v9")
    with pytest.raises(UnknownNameError, match="v9"):
        open_release(project, current_stamp(project), "v9")
    assert (opened.before, open_release(project, current_stamp(project), "v1").before) == ("v1", None)


def test_the_sql_of_an_older_release_is_opened_on_that_release(project: Path, draw):
    def links(page) -> list[dict[str, list[str]]]:
        return [parse_qs(link.proto.query_string) for link in page.get("page_link")]

    older, newest = links(draw("choose", project, release="v1")), links(draw("choose", project))
    assert len(older) == len(newest) > 3
    assert {link["release"][0] for link in older} == {"v1"}
    assert all(link["query"][0].startswith("-- release v1\n") for link in older)
    assert not any("release" in link for link in newest)
    assert all(link["query"][0].startswith("-- release v2\n") for link in newest)


def test_strings_that_explain_the_code_are_no_text_of_a_page():
    """As Streamlit shows every string that stands alone in a page's file, unless it is told not to."""
    config = tomllib.loads((Path(published.__file__).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["magicEnabled"] is False
