from __future__ import annotations

import multiprocessing
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import StoreError
from taskatlas.schemas.runs import RUNS
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.runs import KEPT, add, ensure, runs_file
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def run(minute: float, **fields: object) -> dict[str, object]:
    known = {"release": "v1", "computed": 3, "device": "cpu", "taskatlas_version": "0.1.0", "fault": None}
    return {"began_at": NOON + timedelta(minutes=minute), "seconds": 1.5, "outcome": "published", **known, **fields}


def minutes(path: Path) -> list[float]:
    return [(began_at - NOON) / timedelta(minutes=1) for began_at in pq.read_table(path)["began_at"].to_pylist()]


def add_many(path: Path, first: int, count: int) -> None:
    for minute in range(first, first + count):
        add(path, run(minute))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return runs_file(tmp_path / "warehouse" / "catalog.duckdb")


def test_a_run_is_remembered_as_it_was(path: Path):
    failed = run(1, outcome="failed", computed=None, release=None, device=None, fault="no such file")
    add(path, failed)
    add(path, run(0))
    assert pq.read_table(path).to_pylist() == [run(0), failed], "by their beginning"
    assert pq.read_table(path).schema.equals(RUNS.schema)
    ensure(path)
    assert minutes(path) == [0, 1]


def test_the_key_stays_one(path: Path):
    for _ in range(3):
        add(path, run(0))
    offsets = [began_at - NOON for began_at in pq.read_table(path)["began_at"].to_pylist()]
    assert offsets == [timedelta(microseconds=number) for number in range(3)]


def test_the_oldest_are_forgotten(path: Path):
    ensure(path)
    pq.write_table(pa.Table.from_pylist([run(minute) for minute in range(KEPT)], RUNS.schema), path)
    add(path, run(KEPT))
    assert minutes(path) == list(range(1, KEPT + 1))


def test_processes_that_end_at_once_lose_no_run(path: Path):
    processes = multiprocessing.get_context("spawn")
    writers = [processes.Process(target=add_many, args=(path, first, 40)) for first in (0, 40)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert minutes(path) == list(range(80))
    assert sorted(file.name for file in path.parent.iterdir()) == ["runs.lock", "runs.parquet"]


def _other(path: Path) -> bytes:
    pq.write_table(pa.table({"began_at": [1, 2]}), path)
    return path.read_bytes()


def _without_a_time(path: Path) -> bytes:
    rows = pa.Table.from_pylist([run(0)], RUNS.schema).drop_columns("began_at")
    pq.write_table(rows.append_column("began_at", pa.array([None], pa.timestamp("us", tz="UTC"))), path)
    return path.read_bytes()


def _other_times(path: Path) -> bytes:
    rows = pa.Table.from_pylist([run(0)], RUNS.schema).drop_columns("began_at")
    pq.write_table(rows.append_column("began_at", pa.array(["noon"])), path)
    return path.read_bytes()


def _half(path: Path) -> bytes:
    pq.write_table(pa.Table.from_pylist([run(0)], RUNS.schema), path)
    path.write_bytes(path.read_bytes()[:-20])
    return path.read_bytes()


def _garbled(path: Path) -> bytes:
    pq.write_table(pa.Table.from_pylist([run(0)] * 50, RUNS.schema, metadata=None), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:60] = b"x" * 56
    path.write_bytes(content)
    return bytes(content)


def _empty(path: Path) -> bytes:
    path.write_bytes(b"")
    return b""


@pytest.mark.parametrize("damage", [_other, _without_a_time, _other_times, _half, _garbled, _empty])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage):
    for _ in range(2):
        path.parent.mkdir(exist_ok=True)
        content = damage(path)
        add(path, run(5))
        assert minutes(path) == [5]
        assert [file.read_bytes() for file in path.parent.glob("runs.parquet.damaged-*")][-1] == content
    assert len(list(path.parent.glob("runs.parquet.damaged-*"))) == 2, "none takes the place of another"


def _of(*columns: str, **more: pa.Array) -> pa.Table:
    """A run of an older or newer version of taskatlas: with all columns but those named, and more."""
    rows = pa.Table.from_pylist([run(0)], RUNS.schema).drop_columns(list(columns))
    for name, values in more.items():
        rows = rows.append_column(name, values)
    return rows


OTHER_VERSIONS = {
    "older": (_of("fault", "device"), {"fault": None, "device": None}),
    "newer": (_of(host=pa.array(["here"])), {}),
    "other order": (_of("fault").select([6, 5, 4, 3, 2, 1, 0]), {"fault": None}),
    "other types": (_of("computed", computed=pa.array([3], pa.int32())), {}),
}


@pytest.mark.parametrize(("rows", "changed"), OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
def test_a_file_of_another_version_is_kept(path: Path, rows: pa.Table, changed: dict[str, object]):
    for last in (ensure, lambda path: add(path, run(1))):
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rows, path)
        last(path)
        rows = pq.read_table(path)
        assert rows.schema.equals(RUNS.schema), "or the catalog's view would miss a column"
        assert rows.to_pylist() == [run(0, **changed), run(1)][: rows.num_rows]
    assert rows.num_rows == 2
    assert sorted(file.name for file in path.parent.iterdir()) == ["runs.lock", "runs.parquet"]


def test_a_file_as_it_should_be_is_not_written_again(path: Path):
    add(path, run(0))
    before = path.stat()
    ensure(path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_catalog_shows_a_file_of_an_older_version(tmp_path: Path):
    warehouse, reader = Warehouse(tmp_path), Reader(tmp_path / "catalog.duckdb")
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    pq.write_table(_of("fault"), runs_file(reader.catalog))
    rebuild(warehouse, reader.catalog)
    assert reader.sql("FROM runs").to_pylist() == [run(0)]


def test_a_folder_in_its_place_is_set_aside(path: Path):
    path.mkdir(parents=True)
    (path / "mine.txt").write_text("mine")
    ensure(path)
    assert minutes(path) == []
    assert [file.read_text() for file in path.parent.glob("runs.parquet.damaged-*/mine.txt")] == ["mine"]


def test_a_full_disk_leaves_the_file_as_it_was(path: Path):
    add(path, run(0))
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(StoreError, match="File too large"):
            add(path, run(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["runs.lock", "runs.parquet"]


def test_the_catalog_shows_the_file_as_it_is_at_that_moment(tmp_path: Path):
    catalog = tmp_path / "it's a [project]*" / "catalog.duckdb"
    path, reader = runs_file(catalog), Reader(catalog)
    warehouse = Warehouse(catalog.parent)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    path.write_bytes(b"damaged")
    rebuild(warehouse, catalog)
    assert reader.sql("FROM runs").num_rows == 0, "before the first run has ended"
    add(path, run(0))
    assert reader.sql("FROM runs").to_pylist() == [run(0)]
    rebuild(warehouse, catalog)
    add(path, run(1, outcome="failed", fault="no such file"))
    rows = reader.sql("SELECT outcome, fault FROM runs ORDER BY began_at DESC")
    assert rows.to_pylist() == [
        {"outcome": "failed", "fault": "no such file"},
        {"outcome": "published", "fault": None},
    ]
    assert reader.sql("FROM runs").schema.names == RUNS.schema.names


def test_a_file_that_is_gone_is_told_and_the_release_is_there(tmp_path: Path):
    warehouse, reader = Warehouse(tmp_path / "it's [a]* one"), Reader(tmp_path / "it's [a]* one" / "catalog.duckdb")
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, reader.catalog)
    runs_file(reader.catalog).unlink()
    for ask in (reader.sql, reader.visit):
        with pytest.raises(StoreError, match=r"were they moved or dropped\? .*runs\.parquet.* Run `taskatlas run`"):
            ask("FROM runs")
    assert reader.sql("FROM scores").num_rows == 2
    rebuild(warehouse, reader.catalog)
    assert reader.sql("FROM runs").num_rows == 0


def test_the_view_and_its_columns_say_what_they_mean(tmp_path: Path):
    warehouse = Warehouse(tmp_path)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, tmp_path / "catalog.duckdb")
    reader = Reader(tmp_path / "catalog.duckdb")
    about = reader.sql("SELECT comment FROM duckdb_views() WHERE view_name = 'runs'")
    assert about["comment"].to_pylist() == ["A run of the whole flow; as it is now, whatever the release."]
    said = reader.sql("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'runs'").to_pylist()
    assert [(row["column_name"], row["comment"]) for row in said] == [
        (name, meaning) for name, _, _, meaning in RUNS.columns()
    ]
