from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.upkeep import _live_locations
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    published = Warehouse(tmp_path)
    for index in range(4):
        published.publish(tables(1 / (index + 1)), release_id=str(index), project="p", version="0.1.0")
    return published


def files(warehouse: Warehouse) -> set[str]:
    return {str(path) for path in (warehouse.root / "iceberg").rglob("*") if path.is_file()}


def data_of(warehouse: Warehouse) -> set[str]:
    return {path for path in files(warehouse) if "/releases/" not in path and path.endswith(".parquet")}


def test_dropped_releases_are_gone_and_kept_ones_whole(warehouse):
    before = data_of(warehouse)
    assert warehouse.expire(2) == ["v1", "v2"]
    assert [release.release for release in warehouse.releases()] == ["v3", "v4"]
    assert [warehouse.table("scores", tag)["value"][0].as_py() for tag in ("v3", "v4")] == [1 / 3, 1 / 4]
    for name, rows in tables().items():
        assert warehouse.table(name, "v3").num_rows == warehouse.table(name, "v4").num_rows == rows.num_rows
    with pytest.raises(UnknownNameError):
        warehouse.table("scores", "v1")
    assert data_of(warehouse) < before
    assert len([path for path in data_of(warehouse) if "/scores/" in path]) == 2


def test_no_file_is_left_that_nobody_names(warehouse):
    orphan = warehouse.root / "iceberg" / "models" / "data" / "left-by-a-killed-publisher.parquet"
    orphan.write_bytes(b"half")
    warehouse.expire(4)
    with warehouse._lake.open() as catalog:
        live = set().union(*(_live_locations(warehouse._lake.table(catalog, name)) for name in TABLES))
    assert files(warehouse) == live


def test_the_next_tag_follows_the_newest_release(warehouse):
    warehouse.expire(1)
    release = warehouse.publish(tables(), release_id="new", project="p", version="0.1.0")
    assert release.release == "v5"
    assert [release.release for release in warehouse.releases()] == ["v4", "v5"]


def test_tags_of_other_tools_are_kept_with_their_snapshots(warehouse):
    with warehouse._lake.open() as catalog:
        table = warehouse._lake.table(catalog, "scores")
        table.manage_snapshots().create_tag(warehouse.releases()[0].snapshots["scores"], "audit").commit()
    warehouse.expire(1)
    with warehouse._lake.open() as catalog:
        table = warehouse._lake.table(catalog, "scores")
        assert set(table.metadata.refs) == {"main", "v4", "audit"}
        audited = table.scan(snapshot_id=table.metadata.refs["audit"].snapshot_id).to_arrow()
    assert audited["value"][0].as_py() == 1.0


def test_a_kept_release_without_its_tags_is_kept(tmp_path, monkeypatch):
    warehouse = Warehouse(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "_tag", lambda *_: None)
        for accuracy in (0.25, 0.5, 0.75):
            warehouse.publish(tables(accuracy), release_id=str(accuracy), project="p", version="0.1.0")
    assert warehouse.expire(2) == ["v1"]
    assert warehouse.table("scores", "v2")["value"][0].as_py() == 0.5


def test_expire_is_safe_to_repeat_and_to_ask_for_little(warehouse, tmp_path):
    assert warehouse.expire(9) == []
    left = files(warehouse)
    assert warehouse.expire(9) == []
    assert files(warehouse) == left
    assert Warehouse(tmp_path / "new").expire(1) == []
    with pytest.raises(StoreError, match=r"cannot keep 0 releases. Keep 1 or more"):
        warehouse.expire(0)


def test_young_files_of_a_shared_warehouse_are_left_alone(tmp_path):
    warehouse = Warehouse(tmp_path, location=str(tmp_path / "bucket"))
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    orphan = Path(tmp_path / "bucket" / "models" / "data" / "about-to-be-named.parquet")
    orphan.write_bytes(b"")
    warehouse.expire(1)
    assert orphan.exists()
