from __future__ import annotations

from threading import Event, Thread

import pytest
from pyiceberg.exceptions import CommitFailedException

from taskatlas.errors import StoreError
from taskatlas.store import lake as module
from taskatlas.store.content import prepare
from taskatlas.store.lake import Lake
from taskatlas.store.snapshots import append, put
from tests.support.tables import rows, tables


def test_a_commit_that_another_came_before_starts_over(tmp_path):
    """pyiceberg's own retry would lose the tag here, so the tables turn it off."""
    lake = Lake(tmp_path)
    tags = iter(["v1", "v2"])
    others = iter([True, False])
    with lake.open() as catalog:

        def change(table):
            if next(others):
                append(lake.table(catalog, "models"), rows("models", {"model": "theirs"}), "v1")
            assert [tag for tag in table.metadata.refs if tag != "main"] == ([] if next(tags) == "v1" else ["v1"])
            append(table, rows("models", {"model": "ours"}), f"v{len(table.metadata.refs) or 1}")
            return "done"

        assert lake.commit(catalog, "models", change) == "done"
        table = lake.table(catalog, "models")
        assert sorted(table.scan().to_arrow()["model"].to_pylist()) == ["ours", "theirs"]
        assert set(table.metadata.refs) == {"main", "v1", "v2"}
        assert table.metadata.refs["v2"].snapshot_id == table.metadata.current_snapshot_id


def test_a_snapshot_that_is_there_is_not_written_again(tmp_path):
    lake, content = Lake(tmp_path), prepare(tables())["models"]
    with lake.open() as catalog:
        first = put(lake.table(catalog, "models"), content)
        before = lake.table(catalog, "models").metadata_location
        assert put(lake.table(catalog, "models"), content) == first
        assert lake.table(catalog, "models").metadata_location == before


def test_endless_conflicts_end_in_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ATTEMPTS", 3)
    tries = []

    def change(_):
        tries.append(1)
        raise CommitFailedException("again")

    with (
        pytest.raises(StoreError, match=r"other publishers kept coming in between. Wait for the other runs to finish"),
        Lake(tmp_path).open() as catalog,
    ):
        Lake(tmp_path).commit(catalog, "models", change)
    assert len(tries) == 3


def test_upkeep_waits_for_publishers(tmp_path):
    lake, inside, order = Lake(tmp_path), Event(), []

    def exclusive():
        inside.wait()
        with lake.publish_lock(exclusive=True):
            order.append("upkeep")

    thread = Thread(target=exclusive)
    thread.start()
    with lake.publish_lock(exclusive=False), Lake(tmp_path).publish_lock(exclusive=False):
        inside.set()
        thread.join(timeout=0.2)
        order.append("publishers")
    thread.join()
    assert order == ["publishers", "upkeep"]


def test_two_new_catalogs_at_once(tmp_path):
    uuids = []

    def begin():
        with Lake(tmp_path).open() as catalog:
            uuids.append(Lake(tmp_path).table(catalog, "models").metadata.table_uuid)

    threads = [Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(uuids) == 4
    assert len(set(uuids)) == 1
