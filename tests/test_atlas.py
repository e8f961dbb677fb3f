"""The Python interface: a project opened in a notebook, asked in SQL and by name, with vectors as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import taskatlas
from taskatlas.api.atlas import Embeddings
from taskatlas.errors import CardError, StoreError, UnknownNameError
from taskatlas.project.folders import ProjectFolders
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables


@pytest.fixture(scope="module")
def atlas(published: Path) -> taskatlas.Atlas:
    return taskatlas.open(published)


def test_a_project_is_opened_by_its_path_or_its_name(published: Path, atlas: taskatlas.Atlas):
    assert taskatlas.open(str(published)) == atlas
    assert atlas.releases()["release"].to_pylist() == ["v1"]


def test_values_are_bound_into_sql(atlas: taskatlas.Atlas):
    found = atlas.sql("SELECT dataset, family FROM datasets WHERE family = ? ORDER BY 1", ["sentiment"])
    assert found["dataset"].to_pylist() == ["cafe_reviews", "gadget_reviews"]
    named = atlas.sql(
        "SELECT count(*) AS n FROM datasets WHERE family = $family", {"family": "'; DROP VIEW scores; --"}
    )
    assert named.to_pylist() == [{"n": 0}]
    assert atlas.sql("SELECT count(*) > 0 AS some FROM scores")["some"].to_pylist() == [True]


def test_the_nearest_of_a_dataset_and_of_a_subject(atlas: taskatlas.Atlas):
    rows = atlas.nearest("cafe_reviews", k=2).to_pylist()
    assert {row["method"] for row in rows} == {"crosscov", "student", "text"}
    assert max(row["rank"] for row in rows) == 2
    # what the project is for: the other domain's reviews are nearest by what the labels mean
    assert next(row["neighbor"] for row in rows if row["method"] == "crosscov") == "gadget_reviews"
    subjects = atlas.nearest("vader").to_pylist()
    assert {row["method"] for row in subjects} == {"crosscov", "student"}, "text is blind to outputs"


def test_what_to_use(atlas: taskatlas.Atlas):
    found = atlas.recommend("prompt", "gadget_reviews")
    assert isinstance(found, taskatlas.Recommendation)
    rows = found.rows.to_pylist()
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["low"] <= row["expected"] <= row["high"] for row in rows)
    assert rows[0]["candidate"] in found.text
    assert found.unpriced.num_rows == found.untimed.num_rows == 0


def test_what_to_use_in_a_second(atlas: taskatlas.Atlas):
    rows = atlas.recommend("prompt", "gadget_reviews").rows.to_pylist()
    timed = sorted(row["seconds"] for row in rows if row["seconds"] is not None)
    assert timed, "local models are timed as they answer"
    found = atlas.recommend("prompt", "gadget_reviews", max_seconds=timed[0])
    assert {row["seconds"] for row in found.rows.to_pylist()} == {timed[0]}
    assert {row["seconds"] for row in found.untimed.to_pylist()} <= {None}
    assert f"(at most {timed[0]:g} s per 1,000 texts" in found.text
    neither = atlas.recommend("prompt", "gadget_reviews", max_cost=1.0, max_seconds=timed[0])
    assert neither.rows.num_rows == 0
    assert neither.text.startswith(f"nothing is known to cost and take at most 1 and {timed[0]:g} s per 1,000 texts")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda atlas: atlas.nearest("cafe_review"), "no dataset or subject is called 'cafe_review'. Did you mean"),
        (lambda atlas: atlas.recommend("prompt", "vader"), "no dataset is called 'vader'"),
        (lambda atlas: atlas.embeddings(method="studnet"), "no method is called 'studnet'. Did you mean 'student'?"),
    ],
)  # fmt: skip
def test_an_unknown_name_gets_the_nearest_one(atlas: taskatlas.Atlas, ask, message: str):
    with pytest.raises(UnknownNameError) as caught:
        ask(atlas)
    assert message in str(caught.value)


def test_embeddings_as_arrow_pandas_and_numpy(atlas: taskatlas.Atlas):
    found = atlas.embeddings(method="student")
    assert isinstance(found.table, pa.Table)
    rows = atlas.sql("SELECT count(*) AS n, any_value(dim) AS dim FROM embeddings WHERE method = 'student'").to_pylist()
    vectors = found.to_numpy()
    assert vectors.shape == (rows[0]["n"], rows[0]["dim"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
    frame = found.to_pandas()
    assert frame["entity"].tolist() == found.names
    assert frame["vector"][3].tolist() == vectors[3].tolist()
    # a slice, as a filter gives it
    assert Embeddings(found.table.slice(2, 3)).to_numpy().tolist() == vectors[2:5].tolist()
    assert Embeddings(found.table.slice(0, 0)).to_numpy().shape == (0, 0)


def test_vectors_of_different_spaces_do_not_go_into_one_array(atlas: taskatlas.Atlas):
    found = atlas.embeddings()
    assert set(found.table["method"].to_pylist()) == {"text", "crosscov", "student"}
    with pytest.raises(ValueError, match=r"different spaces; name one: embeddings\(method=...\)"):
        found.to_numpy()


def test_cosines_of_vectors_are_the_neighbours(atlas: taskatlas.Atlas):
    found = atlas.embeddings(method="crosscov")
    vectors = dict(zip(found.names, found.to_numpy(), strict=True))
    for row in atlas.sql("SELECT * FROM neighbors WHERE method = 'crosscov'").to_pylist():
        cosine = float(vectors[row["entity"]] @ vectors[row["neighbor"]])
        assert row["similarity"] == pytest.approx(cosine, abs=1e-4)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that counts as a project; its releases are made by hand."""
    (tmp_path / "atlas.yaml").write_text("name: mine\n")
    return tmp_path


def release(folder: Path, release_id: str, accuracy: float) -> None:
    folders = ProjectFolders(folder)
    warehouse = Warehouse(folders.warehouse)
    warehouse.publish(tables(accuracy), release_id=release_id, project="p", version="0.1.0")
    rebuild(warehouse, folders.catalog)


def test_a_new_release_is_seen_without_opening_again(project: Path):
    atlas = taskatlas.open(project)
    with pytest.raises(StoreError, match=r"there is no release yet.*taskatlas run"):
        atlas.releases()
    scores = "SELECT max(value) AS best FROM scores WHERE metric = 'accuracy'"
    release(project, "a", 0.5)
    first = atlas.sql(scores)["best"].to_pylist()
    release(project, "b", 0.625)
    assert atlas.releases()["release"].to_pylist() == ["v1", "v2"]
    assert atlas.sql(scores)["best"].to_pylist() == [0.625] != first
    assert atlas.sql(scores.replace("scores", '"scores@v1"'))["best"].to_pylist() == first


def test_a_folder_that_holds_no_project(tmp_path: Path):
    with pytest.raises(CardError, match=r"there is no project here.*taskatlas init"):
        taskatlas.open(tmp_path)


def test_without_a_folder_it_is_the_starter_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASKATLAS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert taskatlas.open().folder == tmp_path / "home/starter"
    assert (tmp_path / "home/starter/atlas.yaml").is_file()
