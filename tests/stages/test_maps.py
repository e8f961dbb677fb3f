"""The pictures of spaces: drawn where something is published, and points stay where they were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from taskatlas.analyze import layout
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import maps, publish
from taskatlas.stages.invalidate import forget
from taskatlas.stages.releases import open_warehouse
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.store import content, warehouse
from taskatlas.store.reader import Reader
from tests.support.cards import change_card
from tests.support.projects import moods, write_dataset
from tests.support.stage_runs import benchmarked

Points = dict[tuple[str, str, str], tuple[float, float]]
METHODS = ("text", "crosscov", "student")


def drawn(plan: Plan, release: str = "") -> Points:
    """Places by method, kind and name, in the newest release or in another."""
    view = f'"maps@{release}"' if release else "maps"
    rows = Reader(plan.project.folders.catalog).sql(f"SELECT method, entity_kind, entity, x, y FROM {view}").to_pylist()
    return {(row["method"], row["entity_kind"], row["entity"]): (row["x"], row["y"]) for row in rows}


def map_ids(plan: Plan, release: str = "") -> dict[str, str | None]:
    """By method."""
    view = f'"spaces@{release}"' if release else "spaces"
    rows = Reader(plan.project.folders.catalog).sql(f"SELECT method, map_id FROM {view}").to_pylist()
    return {row["method"]: row["map_id"] for row in rows}


def other_words(folder: Path, text: str = "Other words.") -> Plan:
    """Something new to publish that no vector depends on."""
    change_card(folder / "datasets/mood.yaml", description=text)
    return benchmarked(folder)


@pytest.fixture(scope="module")
def first(finished: Plan, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A finished project with one release, for tests that only read."""
    folder = tmp_path_factory.mktemp("maps") / "project"
    plan = Plan(Project(Path(shutil.copytree(finished.project.folder, folder))))
    assert publish.release(plan)["release"] == "v1"
    return plan


@pytest.fixture
def copied_release(first: Plan, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first.project.folder, tmp_path / "copy"))


def test_every_vector_has_a_place_and_every_space_says_how(first: Plan):
    reader = Reader(first.project.folders.catalog)
    vectors = reader.sql("SELECT method, entity_kind, entity FROM embeddings").to_pylist()
    points = drawn(first)
    assert set(points) == {tuple(row.values()) for row in vectors}
    assert len(points) == 2 + 2 * 5
    rows = reader.sql("SELECT method, layout, trustworthiness FROM spaces ORDER BY method").to_pylist()
    assert [(row["method"], row["layout"]) for row in rows] == [
        ("crosscov", "pca"), ("student", "pca"), ("text", "pca"),
    ]  # fmt: skip
    assert [row["trustworthiness"] is None for row in rows] == [False, False, True], "two datasets have no third"
    assert all(0 <= row["trustworthiness"] <= 1 for row in rows[:2])
    for method in ("crosscov", "student", "text"):
        places = np.array([place for (of, _, _), place in points.items() if of == method])
        assert np.sqrt(np.square(places).sum(axis=1).mean()) == pytest.approx(1)


def test_vectors_that_stay_are_not_drawn_again(copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    before, ids = drawn(Plan(Project(copied_release))), map_ids(Plan(Project(copied_release)))
    forget(copied_release, None)  # the release is all that remembers its pictures
    monkeypatch.setattr(maps, "lay_out", None)
    plan = other_words(copied_release)
    assert publish.release(plan)["release"] == "v2"
    assert drawn(plan) == before
    assert map_ids(plan) == ids
    assert not (plan.project.parts.root / "maps").exists()


def test_nothing_new_draws_nothing(copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(maps, "draw", None)
    assert publish.release(Plan(Project(copied_release)))["created"] is False


def test_a_space_that_a_release_lacks_comes_back_where_it_was(copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    plan = Plan(Project(copied_release))
    before, ids = drawn(plan), map_ids(plan)
    publish_with(plan, **{name: only(newest(plan, name), "text") for name in ("spaces", "maps")})
    read: list[tuple[str, str | None]] = []
    table = warehouse.Warehouse.table

    def spied(self: warehouse.Warehouse, name: str, release: str | None = None) -> pa.Table:
        read.append((name, release))
        return table(self, name, release)

    monkeypatch.setattr(warehouse.Warehouse, "table", spied)
    assert redrawn(plan) == (before, ids)
    assert read == [("maps", "v2"), ("spaces", "v2"), ("maps", "v1"), ("spaces", "v1")]
    read.clear()
    assert redrawn(benchmarked(copied_release, "text"))[0].keys() < before.keys()
    assert read == [("maps", "v2"), ("spaces", "v2")], "no older release than it has to"
    publish_with(plan)  # v3 has the pictures of v2
    change_card(copied_release / "atlas.yaml", input_axes=6)  # spaces that no release has
    plan = benchmarked(copied_release, "crosscov")
    read.clear()
    redrawn(plan)
    assert read == [("maps", release) for release in ("v3", "v1")]


def test_a_space_that_was_away_while_it_grew_lies_upon_its_last_picture(copied_release: Path):
    plan = Plan(Project(copied_release))
    publish_with(plan, maps=moved(newest(plan, "maps"), 3.0))
    known = redrawn(plan)[0]
    publish_with(plan, **{name: only(newest(plan, name), "text") for name in ("spaces", "maps")})
    write_dataset(copied_release, "tone", moods(60, 7))
    now, _ = redrawn(benchmarked(copied_release))
    assert len(now) == len(known) + 3
    for method in METHODS:
        shared = [name for name in known if name[0] == method]
        centres = [np.mean([points[name] for name in shared], axis=0) for points in (known, now)]
        np.testing.assert_allclose(centres[1], centres[0], atol=1e-9)
        assert centres[0].mean() > 2


def publish_with(plan: Plan, **changed: pa.Table) -> None:
    """Publish the newest release with some other tables as the next one; nothing is made and nothing looked at."""
    tables = {name: newest(plan, name) for name in content.PUBLISHED}
    found = open_warehouse(plan.project)
    found.publish({**tables, **changed}, release_id=str(len(found.releases())), project="p", version="0")


def newest(plan: Plan, name: str) -> pa.Table:
    return open_warehouse(plan.project).table(name)


def only(rows: pa.Table, method: str) -> pa.Table:
    return rows.filter(pc.field("method") == method)


def moved(rows: pa.Table, by: float) -> pa.Table:
    frame = rows.to_pandas()
    frame[["x", "y"]] += by
    return pa.Table.from_pandas(frame, rows.schema, preserve_index=False)


def named(rows: pa.Table, map_id: str | None) -> pa.Table:
    return rows.set_column(
        rows.schema.get_field_index("map_id"), "map_id", pa.array([map_id] * rows.num_rows, pa.string())
    )


def redrawn(plan: Plan) -> tuple[Points, dict[str, str]]:
    """Places and map_ids, by method, of the release that would be published now."""
    rows, told = maps.draw(plan, open_warehouse(plan.project))
    points = {(row["method"], row["entity_kind"], row["entity"]): (row["x"], row["y"]) for row in rows.to_pylist()}
    return points, {name.split("/")[1]: facts["map_id"] for name, facts in told.items()}


@pytest.mark.parametrize("map_id", [None, "ffffffffffffffffffff"])
def test_a_picture_of_other_vectors_is_drawn_anew_upon_the_newest(copied_release: Path, map_id: str | None):
    plan = Plan(Project(copied_release))
    before, ids = drawn(plan), map_ids(plan)
    publish_with(plan, maps=moved(newest(plan, "maps"), 5.0), spaces=named(newest(plan, "spaces"), map_id))
    now, again = redrawn(plan)
    assert again == ids
    for name, place in now.items():
        assert place == pytest.approx(np.add(before[name], 5.0), abs=1e-6)


def test_a_picture_of_these_vectors_is_taken_as_it_was_published(copied_release: Path):
    plan = Plan(Project(copied_release))
    before, ids = drawn(plan), map_ids(plan)
    publish_with(plan, maps=moved(newest(plan, "maps"), 5.0))
    assert redrawn(plan) == ({name: (x + 5.0, y + 5.0) for name, (x, y) in before.items()}, ids)


def test_vectors_that_come_back_do_not_bring_their_old_picture_back(
    copied_release: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(layout, "LEAST_FOR_UMAP", 5)
    monkeypatch.setitem(GRAPH, "maps", replace(GRAPH["maps"], version=2))
    pictures = []
    for datasets in (2, 3, 2):
        if datasets == 3:
            write_dataset(copied_release, "tone", moods(60, 7))
        else:
            (copied_release / "datasets/tone.yaml").unlink(missing_ok=True)
        plan = benchmarked(copied_release)
        places, told = maps.draw(plan, open_warehouse(plan.project))
        pictures.append({(row["method"], row["entity"]): (row["x"], row["y"]) for row in places.to_pylist()})
        publish_with(plan, maps=places, spaces=publish._space_rows(plan, seed_checks_of(plan), told))
    first, _, third = pictures
    assert third.keys() == first.keys()
    for method in ("crosscov", "student"):
        of = [name for name in first if name[0] == method]
        one, two, three = (np.array([points[name] for name in of]) for points in pictures)
        assert np.abs(three - one).max() > 1e-3
        assert np.median(np.linalg.norm(three - two, axis=1)) < 0.5


def test_a_second_picture_lies_upon_the_first(copied_release: Path):
    before = drawn(Plan(Project(copied_release)))
    write_dataset(copied_release, "tone", moods(60, 7))
    plan = benchmarked(copied_release)
    assert publish.release(plan)["release"] == "v2"
    after = drawn(plan)
    assert after.keys() - before.keys() == {(method, "dataset", "tone") for method in METHODS}
    assert drawn(plan, "v1") == before
    for method in METHODS:
        shared = sorted(name for name in before if name[0] == method)
        then, now = (np.array([points[name] for name in shared]) for points in (before, after))
        np.testing.assert_allclose(now.mean(axis=0), then.mean(axis=0), atol=1e-9)
        assert np.linalg.norm(now - now.mean(axis=0)) == pytest.approx(np.linalg.norm(then - then.mean(axis=0)))
        mirrored = now * [-1, 1]
        assert np.linalg.norm(now - then) < np.linalg.norm(mirrored - then)


def test_a_picture_of_another_kind_is_drawn_anew(copied_release: Path):
    change_card(copied_release / "atlas.yaml", layout="pca")
    plan = Plan(Project(copied_release))
    before, ids = drawn(plan), map_ids(plan)
    assert publish.release(plan)["release"] == "v2"
    assert not {*map_ids(plan).values()} & {*ids.values()}
    after = drawn(plan)
    np.testing.assert_allclose([after[name] for name in before], list(before.values()), atol=1e-6)


def test_umap_draws_where_there_are_enough(first: Plan, copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "LEAST_FOR_UMAP", 5)
    monkeypatch.setitem(GRAPH, "maps", replace(GRAPH["maps"], version=2))
    plan = Plan(Project(copied_release))
    assert publish.release(plan)["created"] is True
    rows = Reader(plan.project.folders.catalog).sql("SELECT layout FROM spaces ORDER BY method").to_pylist()
    assert [row["layout"] for row in rows] == ["umap", "umap", "pca"]
    assert all(np.isfinite(place).all() for place in drawn(plan).values())
    assert drawn(plan) != drawn(first)


def test_a_release_from_before_there_were_maps(copied: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    plan = Plan(Project(copied()))
    with monkeypatch.context() as patch:
        older = tuple(name for name in TABLES if name not in {"releases", "maps"})
        for module in (content, warehouse):
            patch.setattr(module, "PUBLISHED", older)
        every = warehouse.Warehouse.publish
        patch.setattr(
            warehouse.Warehouse,
            "publish",
            lambda self, tables, **given: every(self, {name: tables[name] for name in older}, **given),
        )
        assert publish.release(plan)["release"] == "v1"
    assert drawn(plan) == {}
    again = other_words(plan.project.folder)
    assert publish.release(again)["release"] == "v2"
    assert len(drawn(again)) == 12
    assert drawn(again, "v2") == drawn(again)


def test_a_release_from_before_pictures_had_ids_is_drawn_upon(copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    plan = Plan(Project(copied_release))
    before, ids = drawn(plan), map_ids(plan)
    tables = {name: newest(plan, name) for name in content.PUBLISHED}
    for left in plan.project.folders.warehouse.glob("iceberg*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    with monkeypatch.context() as patch:
        bare = tables["spaces"].drop_columns("map_id")
        patch.setitem(TABLES, "spaces", replace(TABLES["spaces"], schema=TABLES["spaces"].schema.remove(15)))
        older = tables | {"spaces": bare, "maps": moved(tables["maps"], 5.0)}
        open_warehouse(plan.project).publish(older, release_id="old", project="p", version="0")
    points, again = redrawn(plan)
    assert again == ids
    for name, place in points.items():
        assert place == pytest.approx(np.add(before[name], 5.0), abs=1e-6)
