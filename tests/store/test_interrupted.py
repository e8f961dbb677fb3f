"""Publishers that are killed, meet one another, or are read from while they publish; all in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from taskatlas.errors import StoreError
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.publisher import accuracy, check, publish
from tests.support.tables import tables


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "tests.support.publisher", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=500)
    assert (process.returncode, errors) == (0, "")
    return out


def kill(root: Path, times: int, seed: int) -> None:
    killed, _ = map(int, end(start("kill", root, times, seed)).split())
    assert killed
    before = [release.release_id for release in Warehouse(root).releases()]
    publish(root, "after", times)
    assert check(root, before)[-1] == f"after-{times}"
    Warehouse(root).expire(1)
    check_tables(root, times)


def check_tables(root: Path, index: int) -> None:
    for name, rows in tables(accuracy(index)).items():
        assert Warehouse(root).table(name).num_rows == rows.num_rows


def test_a_killed_publisher_leaves_no_half_release(tmp_path):
    kill(tmp_path, times=5, seed=1)


@pytest.mark.slow
def test_many_killed_publishers_leave_no_half_release(tmp_path):
    kill(tmp_path, times=60, seed=2)


@pytest.mark.parametrize("count", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_publishers_at_once_all_get_a_release(tmp_path, count):
    outs = [end(process) for process in [start("publish", tmp_path, who, count) for who in "ab"]]
    releases = [line.split() for out in outs for line in out.splitlines()]
    assert sorted(tag for tag, _, _ in releases) == sorted(f"v{number + 1}" for number in range(2 * count))
    assert {id_ for _, id_, _ in releases} == {f"{who}-{index}" for who in "ab" for index in range(count)}
    warehouse = Warehouse(tmp_path)
    for tag, id_, created in releases:
        assert created == "True"
        assert warehouse.table("scores", tag)["value"][0].as_py() == accuracy(int(id_.split("-")[1]))
    newest = f"v{2 * count}"
    assert Reader(tmp_path / "catalog.duckdb").names("release")[-1] == newest
    with warehouse._lake.open() as catalog:
        for name, snapshot in warehouse.releases()[-1].snapshots.items():
            assert warehouse._lake.table(catalog, name).metadata.refs[newest].snapshot_id == snapshot


def test_readers_see_whole_releases_while_others_publish(tmp_path):
    reader, seen = Reader(tmp_path / "catalog.duckdb"), set()
    process = start("publish", tmp_path, "w", 5)
    while process.poll() is None:
        try:
            row = reader.sql("""
                SELECT (SELECT arg_max(release_id, length(release) || release) FROM releases) AS id,
                    (SELECT value FROM scores WHERE metric = 'accuracy') AS value, (SELECT count(*) FROM neighbors) AS n
            """).to_pylist()[0]
        except StoreError as error:
            assert "there is no release yet" in str(error)  # noqa: PT017 - nothing to read before the first release
            time.sleep(0.05)
            continue
        assert row == {"id": row["id"], "value": accuracy(int(row["id"].split("-")[1])), "n": 7}
        seen.add(row["id"])
    end(process)
    assert len(seen) > 1
