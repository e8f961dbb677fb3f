"""Publishers that other processes run, and kill: python -m tests.support.publisher <what> <root> ...

A release called `<who>-<i>` has `accuracy(i)` as its score, so that a reader sees whether it is whole.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Release, Warehouse
from tests.support.tables import tables


def accuracy(index: int) -> float:
    return 1 / (index + 2)


def publish(root: Path, who: str, index: int) -> Release:
    warehouse = Warehouse(root)
    release = warehouse.publish(tables(accuracy(index)), release_id=f"{who}-{index}", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb")
    return release


def publish_many(root: Path, who: str, count: int) -> None:
    for index in range(count):
        release = publish(root, who, index)
        print(release.release, release.release_id, release.created, flush=True)


def check(root: Path, before: list[str]) -> list[str]:
    """Every release is whole, and none of those before is lost; returns their ids."""
    warehouse = Warehouse(root)
    releases = warehouse.releases()
    assert [release.release for release in releases] == [f"v{number + 1}" for number in range(len(releases))]
    ids = [release.release_id for release in releases]
    assert ids[: len(before)] == before
    assert len(ids) - len(before) <= 1
    for release in releases[-2:]:
        for name in release.snapshots:
            expected = tables(accuracy(int(release.release_id.split("-")[1])))[name]
            rows = warehouse.table(name, release.release)
            assert sorted(map(str, rows.to_pylist())) == sorted(map(str, expected.to_pylist()))
    return ids


def kill_loop(root: Path, times: int, seed: int) -> None:
    """Kill a publisher at random moments, and look at what it left after each."""
    moments = random.Random(seed)
    ids: list[str] = []
    killed = 0
    for index in range(times):
        child = _fork(partial(publish, root, "k", index))
        time.sleep(moments.uniform(0.0, 0.9))
        os.kill(child, signal.SIGKILL)
        killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        reading, writing = os.pipe()
        looker = _fork(partial(_report, root, ids, writing))
        os.close(writing)
        with os.fdopen(reading) as pipe:
            ids = pipe.read().split()
        assert os.waitpid(looker, 0)[1] == 0, f"after {index}"
    print(killed, len(ids), flush=True)


def _report(root: Path, before: list[str], writing: int) -> None:
    os.write(writing, "\n".join(check(root, before)).encode())


def _fork(work: Callable[[], object]) -> int:
    """A forked child that works and ends; the parent never touches the warehouse, so it has no threads to lose."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return child


if __name__ == "__main__":
    _, what, root_, *rest = sys.argv
    if what == "publish":
        publish_many(Path(root_), rest[0], int(rest[1]))
    else:
        kill_loop(Path(root_), int(rest[0]), int(rest[1]))
