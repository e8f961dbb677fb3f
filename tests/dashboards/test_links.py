"""A page's link holds what is seen on it, also where nobody chose it, and shows it whatever comes later."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pyarrow as pa
import pytest

from tests.support.releases import publish, tables
from tests.support.tables import rows

FIRST = {
    "choose": ["dataset", "subject"],
    "map": ["space"],
    "compare": ["subject_a", "subject_b", "space", "scored", "origin"],
    "heatmap": ["space", "metric"],
    "evidence": ["measure"],
}


def linked(page) -> dict[str, str]:
    """What the link to the page's view holds."""
    (link,) = page.get("link_button")
    return dict(parse_qsl(link.proto.url.removeprefix("?"), strict_parsing=True))


@pytest.mark.parametrize("name", FIRST)
def test_the_link_holds_the_release_and_what_is_shown_first(project, draw, name):
    page = draw(name, project)
    assert not page.exception
    link = linked(page)
    assert link.pop("release") == "v2"
    assert sorted(link) == sorted(FIRST[name])
    for key, said in link.items():
        assert page.selectbox(key=key).options.index(said) in (0, 1)
    again = draw(name, project, release="v2", **link)
    assert linked(again) == link | {"release": "v2"}


def test_the_link_holds_what_else_is_chosen(project, draw):
    page = draw("map", project, colour="kind", show="true", release="v1")
    assert linked(page) == {"space": "crosscov", "colour": "kind", "show": "true", "release": "v1"}
    page = draw("sql", project, query="SELECT 1 AS a")
    assert linked(page) == {"query": "SELECT 1 AS a", "release": "v2"}


def test_a_link_shows_the_same_dataset_once_another_one_comes_first(tmp_path, draw):
    first = tables(awkward=False)
    publish(tmp_path, first, "one")
    link = linked(draw("choose", tmp_path))
    assert link["dataset"] == "dataset-0"
    more = {"datasets": pa.concat_tables([first["datasets"], rows("datasets", {"dataset": "a"})])}
    publish(tmp_path, first | more, "two")
    assert draw("choose", tmp_path).selectbox(key="dataset").value == "a"
    page = draw("choose", tmp_path, **link)
    assert page.selectbox(key="dataset").value == "dataset-0"
    assert linked(page) == link


def test_a_link_can_name_the_newest_release(project, tmp_path, draw):
    publish(tmp_path, tables(seed=1), "one")
    page = draw("overview", tmp_path, release="v1")
    assert page.selectbox(key="release").value == "v1"
    assert not any("not the newest" in warning.value for warning in page.warning)
    publish(tmp_path, tables(seed=2), "two")
    page = page.run()
    assert page.selectbox(key="release").value == "v1"
    assert page.warning[0].value == "This is release v1, not the newest."
