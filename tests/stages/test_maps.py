"""The pictures of spaces: drawn where something is published, and points stay where they were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schemas.tables import TABLES
from taskatlas.analyze import layout
from taskatlas.stages import maps, publish
from taskatlas.stages.context import Context
from taskatlas.store import content, warehouse
from taskatlas.store.reader import Reader
from tests.conftest import change_card
from tests.stages.project import benchmarked, moods, write_dataset

Points = dict[tuple[str, str, str], tuple[float, float]]


def drawn(context: Context, release: str = "") -> Points:
    """Places by method, kind and name, in the newest release or in another."""
    view = f'"maps@{release}"' if release else "maps"
    rows = Reader(context.layout.catalog).sql(f"SELECT method, entity_kind, entity, x, y FROM {view}").to_pylist()
    return {(row["method"], row["entity_kind"], row["entity"]): (row["x"], row["y"]) for row in rows}


def parts(context: Context) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (context.parts.root / "maps").glob("*")}


@pytest.fixture(scope="module")
def first(finished: Context, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A finished project with one release, for tests that only read."""
    folder = tmp_path_factory.mktemp("maps") / "project"
    context = Context(Path(shutil.copytree(finished.folder, folder)))
    assert publish.release(context)["release"] == "v1"
    return context


@pytest.fixture
def copied_release(first: Context, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first.folder, tmp_path / "copy"))


def test_every_vector_has_a_place_and_every_space_says_how(first: Context):
    reader = Reader(first.layout.catalog)
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


def test_other_words_make_a_release_with_the_same_picture(copied_release: Path):
    before, kept = drawn(Context(copied_release)), parts(Context(copied_release))
    change_card(copied_release / "datasets/mood.yaml", description="Other words.")
    context = benchmarked(copied_release)
    assert publish.release(context)["release"] == "v2"
    assert drawn(context) == before
    assert parts(context) == kept, "nothing was drawn"


def test_nothing_new_draws_nothing(copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    context = Context(copied_release)
    for path in (context.parts.root / "maps").glob("*"):
        path.unlink()
    monkeypatch.setattr(maps, "draw", None)
    assert publish.release(context)["created"] is False
    assert parts(context) == {}


def test_a_second_picture_lies_upon_the_first(copied_release: Path):
    before = drawn(Context(copied_release))
    write_dataset(copied_release, "tone", moods(60, 7))
    context = benchmarked(copied_release)
    assert publish.release(context)["release"] == "v2"
    after = drawn(context)
    assert after.keys() - before.keys() == {(method, "dataset", "tone") for method in ("text", "crosscov", "student")}
    assert drawn(context, "v1") == before
    for method in ("text", "crosscov", "student"):
        shared = sorted(name for name in before if name[0] == method)
        then, now = (np.array([points[name] for name in shared]) for points in (before, after))
        np.testing.assert_allclose(now.mean(axis=0), then.mean(axis=0), atol=1e-9)
        assert np.linalg.norm(now - now.mean(axis=0)) == pytest.approx(np.linalg.norm(then - then.mean(axis=0)))
        mirrored = now * [-1, 1]
        assert np.linalg.norm(now - then) < np.linalg.norm(mirrored - then)


def test_a_picture_of_another_kind_is_drawn_anew(copied_release: Path):
    change_card(copied_release / "atlas.yaml", layout="pca")
    context = Context(copied_release)
    before = drawn(context)
    assert publish.release(context)["release"] == "v2"
    assert len(parts(context)) == 6
    after = drawn(context)
    np.testing.assert_allclose([after[name] for name in before], list(before.values()), atol=1e-6)


def test_umap_draws_where_there_are_enough(first: Context, copied_release: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "LEAST_FOR_UMAP", 5)
    monkeypatch.setattr(maps, "MAPS_VERSION", 2)
    context = Context(copied_release)
    assert publish.release(context)["created"] is True
    rows = Reader(context.layout.catalog).sql("SELECT layout FROM spaces ORDER BY method").to_pylist()
    assert [row["layout"] for row in rows] == ["umap", "umap", "pca"]
    assert all(np.isfinite(place).all() for place in drawn(context).values())
    assert drawn(context) != drawn(first)


def test_a_release_from_before_there_were_maps(copied: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    context = Context(copied())
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
        assert publish.release(context)["release"] == "v1"
    assert drawn(context) == {}
    for path in (context.parts.root / "maps").glob("*"):
        path.unlink()
    change_card(context.folder / "datasets/mood.yaml", description="Other words.")
    again = benchmarked(context.folder)
    assert publish.release(again)["release"] == "v2"
    assert len(drawn(again)) == 12
    assert drawn(again, "v2") == drawn(again)
