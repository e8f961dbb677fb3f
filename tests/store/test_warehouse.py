from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.schemas import tables as schema
from taskatlas.store import content
from taskatlas.store import warehouse as warehouse_module
from taskatlas.store.catalog import rebuild
from taskatlas.store.content import PUBLISHED
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Release, Warehouse
from tests.support.tables import QUOTED, empty, rows, tables


def publish(warehouse: Warehouse, release_id: str, rows: dict[str, pa.Table]) -> Release:
    return warehouse.publish(rows, release_id=release_id, project="starter", version="0.1.0")


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_published_at_first(tmp_path):
    warehouse = Warehouse(tmp_path / "new")
    assert warehouse.releases() == []
    assert not (tmp_path / "new").exists()
    with pytest.raises(StoreError, match=r"there is no release yet. Run `taskatlas run`"):
        warehouse.table("datasets")


def test_a_release_holds_every_table_as_it_was_given(tmp_path):
    warehouse = Warehouse(tmp_path)
    release = publish(warehouse, "a", tables())
    assert (release.release, release.release_id, release.project, release.created) == ("v1", "a", "starter", True)
    assert set(release.snapshots) == set(PUBLISHED)
    for name, published in tables().items():
        stored = warehouse.table(name)
        assert stored.schema.equals(schema.TABLES[name].schema, check_metadata=False)
        key = [(column, "ascending") for column in schema.TABLES[name].key]
        assert str(stored.to_pylist()) == str(published.sort_by(key).to_pylist()), name
    assert warehouse.table("releases").to_pylist()[0]["snapshots"] == list(release.snapshots.items())


def test_the_same_release_is_not_published_twice(tmp_path):
    warehouse = Warehouse(tmp_path)
    first = publish(warehouse, "a", tables())
    again = publish(Warehouse(tmp_path), "a", tables())
    assert (again.release, again.snapshots, again.created) == ("v1", first.snapshots, False)
    assert [release.release for release in warehouse.releases()] == ["v1"]
    assert publish(warehouse, "b", tables(0.5)).release == "v2"
    assert publish(warehouse, "a", tables()).release == "v3"


def test_only_changed_tables_are_written_again(tmp_path):
    warehouse = Warehouse(tmp_path)
    first = publish(warehouse, "a", tables(0.75))
    before = {path for path in files_below(tmp_path / "iceberg") if path.suffix == ".parquet"}
    second = publish(warehouse, "b", tables(0.5))
    changed = [name for name in PUBLISHED if first.snapshots[name] != second.snapshots[name]]
    assert changed == ["scores", "recommendations"], "what is recommended holds what was measured"
    new = {path for path in files_below(tmp_path / "iceberg") if path.suffix == ".parquet"} - before
    assert sorted(path.parent.parent.name for path in new) == ["recommendations", "releases", "scores"]


def test_older_releases_stay_readable(tmp_path):
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "a", tables(0.25))
    publish(warehouse, "b", empty())
    publish(warehouse, "c", tables(0.5))
    values = [warehouse.table("scores", tag)["value"].to_pylist() for tag in ("v1", "v2", "v3")]
    assert values == [[0.25, 0.5], [], [0.5, 0.5]]
    assert [len(warehouse.files("scores", tag)) for tag in ("v1", "v2", "v3")] == [1, 0, 1]
    assert [release.release for release in warehouse.releases()] == ["v1", "v2", "v3"]


def test_every_table_is_tagged_with_every_release(tmp_path):
    warehouse = Warehouse(tmp_path)
    releases = [publish(warehouse, str(accuracy), tables(accuracy)) for accuracy in (0.25, 0.5)]
    with warehouse._lake.open() as catalog:
        for name in schema.TABLES:
            refs = warehouse._lake.table(catalog, name).metadata.refs
            tagged = {tag: ref.snapshot_id for tag, ref in refs.items() if tag != "main"}
            assert set(tagged) == {"v1", "v2"}
            if name != "releases":
                assert tagged == {release.release: release.snapshots[name] for release in releases}


def test_a_missing_tag_is_set_by_the_next_publisher(tmp_path, monkeypatch):
    warehouse = Warehouse(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "_tag", lambda *_: None)
        release = publish(warehouse, "a", tables())
    publish(warehouse, "a", tables())
    with warehouse._lake.open() as catalog:
        assert warehouse._lake.table(catalog, "models").metadata.refs["v1"].snapshot_id == release.snapshots["models"]


def test_unknown_names_are_answered_with_the_nearest(tmp_path):
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "a", tables())
    with pytest.raises(UnknownNameError, match=r"no table is called 'embedding'. Did you mean 'embeddings'"):
        warehouse.table("embedding")
    with pytest.raises(UnknownNameError, match=r"no release is called 'v2'. Did you mean 'v1'"):
        warehouse.files("embeddings", "v2")


def test_a_refused_table_leaves_the_release_before_it(tmp_path):
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "a", tables())
    with pytest.raises(StoreError, match="table models: 1 rows repeat the key"):
        publish(warehouse, "b", tables(0.5) | {"models": rows("models", {"model": "m"}, {"model": "m"})})
    assert [release.release_id for release in warehouse.releases()] == ["a"]
    assert warehouse.table("scores")["value"].to_pylist() == [0.75, 0.5]


@pytest.mark.parametrize("folder", ["plain", 'sp ace "quo\'te" #?%20[1]*', "ünïcode-🙂"])
def test_a_project_may_lie_anywhere_and_move(tmp_path, folder):
    here, there = tmp_path / folder, tmp_path / "moved" / folder
    publish(Warehouse(here), "a", tables(0.25))
    there.parent.mkdir()
    shutil.move(here, there)
    warehouse = Warehouse(there)
    assert warehouse.table("datasets")["dataset"].to_pylist() == [QUOTED, "movies", "reviews", "similar"]
    publish(warehouse, "b", tables(0.5))
    assert [warehouse.table("scores", tag)["value"][0].as_py() for tag in ("v1", "v2")] == [0.25, 0.5]
    assert all(Path(file).is_relative_to(there) and Path(file).is_file() for file in warehouse.files("scores"))
    assert warehouse.expire(1) == ["v1"]
    assert not here.exists()


def test_a_copy_leaves_its_original_alone(tmp_path):
    publish(Warehouse(tmp_path / "one"), "a", tables(0.25))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    before = {path: path.read_bytes() for path in files_below(tmp_path / "one")}
    copy = Warehouse(tmp_path / "two")
    publish(copy, "b", tables(0.5))
    copy.expire(1)
    assert {path: path.read_bytes() for path in files_below(tmp_path / "one")} == before
    assert Warehouse(tmp_path / "one").table("scores")["value"].to_pylist() == [0.25, 0.5]


def test_catalog_and_files_may_be_elsewhere(tmp_path):
    elsewhere = {"catalog_uri": f"sqlite:///{tmp_path / 'shared.db'}", "location": str(tmp_path / "bucket")}
    publish(Warehouse(tmp_path / "one", **elsewhere), "a", tables())
    other = Warehouse(tmp_path / "two", **elsewhere)
    assert [release.release for release in other.releases()] == ["v1"]
    assert all(Path(file).is_relative_to(tmp_path / "bucket") for file in other.files("models"))
    with pytest.raises(StoreError, match=r"the catalog's files are in .*bucket, not in s3://other"):
        Warehouse(tmp_path, catalog_uri=elsewhere["catalog_uri"], location="s3://other").releases()


def test_a_table_may_be_added_between_releases(tmp_path, monkeypatch):
    warehouse, before = Warehouse(tmp_path), {name: rows for name, rows in tables().items() if name != "costs"}
    with monkeypatch.context() as patch:
        for module in (content, warehouse_module):
            patch.setattr(module, "PUBLISHED", tuple(before))
        publish(warehouse, "a", before)
    reader = Reader(tmp_path / "catalog.duckdb")
    rebuild(warehouse, reader.catalog)
    assert reader.sql("FROM costs").num_rows == 0, "the newest release has none yet"
    with pytest.raises(StoreError, match=r"release v1 has no table costs\. Choose a newer release"):
        warehouse.table("costs")
    publish(warehouse, "b", tables())
    rebuild(warehouse, reader.catalog)
    subjects = ["enc/plain", "enc/stars"]
    for name in ("costs", '"costs@v2"'):
        assert reader.sql(f"SELECT subject FROM {name} ORDER BY 1")["subject"].to_pylist() == subjects
    assert reader.sql('SELECT count(*) AS n FROM "scores@v1"')["n"].to_pylist() == [2]
    assert reader.sql('SELECT count(*) AS n FROM "costs@v1"')["n"].to_pylist() == [0]
    assert warehouse.expire(1) == ["v1"]
    assert warehouse.table("costs")["subject"].to_pylist() == subjects


def test_a_schema_may_change_between_releases(tmp_path, monkeypatch):
    warehouse = Warehouse(tmp_path)
    publish(warehouse, "a", tables())
    publish(warehouse, "b", empty())
    fields = [
        pa.field("model", pa.string(), nullable=False),
        pa.field("model_id", pa.float64(), nullable=False),
        pa.field("added", pa.string(), nullable=False),
        *(field for field in schema.MODELS.schema if field.name not in ("model", "model_id", "license")),
    ]
    changed = replace(schema.MODELS, schema=pa.schema(fields))
    monkeypatch.setitem(schema.TABLES, "models", changed)
    publish(warehouse, "c", tables() | {"models": rows("models", {"model": "m", "model_id": 2.5})})
    models = warehouse.table("models")
    assert models.column_names == [field.name for field in fields]
    assert models.to_pylist()[0]["model_id"] == 2.5
    assert warehouse.table("models", "v1")["license"].to_pylist() == ["x", "x"]
    assert warehouse.table("models", "v1")["model_id"].to_pylist() == ["x", "x"]
