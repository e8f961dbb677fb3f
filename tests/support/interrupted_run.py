"""A run that stops at a chosen point and waits there to be killed, in a process of its own.

`python -m tests.support.interrupted_run POINT PROJECT` is that process, and `standing_at` starts it.

POINT is `KIND:N` (the N-th part of that kind is half written), `commit` (all tables are committed, the release is not
announced yet) or `catalog` (the release is there, the catalog is not). PROJECT/stopped appears once it stands still.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from taskatlas.stages import publish
from taskatlas.store import parts, warehouse
from tests.support.places import ROOT


def main(point: str, project: str) -> None:
    """Run the atlas flow until the point is reached."""

    def stop(*_: Any, **__: Any) -> NoReturn:
        (Path(project) / "stopped").touch()
        while True:
            time.sleep(60)

    kind, _, nth = point.partition(":")
    if kind == "commit":
        warehouse.Warehouse._announce = stop  # type: ignore[method-assign]
    elif kind == "catalog":
        publish.rebuild = stop
    else:
        parts.pq.write_table = _half(parts.pq.write_table, kind, int(nth), stop)
    from taskatlas.flows.atlas import atlas
    from tests.support.prefect_runs import no_heartbeats

    with no_heartbeats():
        atlas(project=project, device="cpu")


def _half(write: Callable[..., None], kind: str, nth: int, stop: Callable[[], NoReturn]) -> Callable[..., None]:
    seen = count(1)

    def half(rows: Any, stream: BinaryIO, **options: Any) -> None:
        write(rows, stream, **options)
        if Path(stream.name).parent.name == kind and next(seen) == nth:
            stream.truncate(100)
            stream.flush()
            stop()

    return half


@contextmanager
def standing_at(point: str, project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of its own that has reached the point and stands still; it is killed in the end."""
    mark, log = project / "stopped", project / "child.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.support.interrupted_run", point, str(project)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 240
        while not mark.exists():
            assert child.poll() is None, f"it ended before {point}: {log.read_text()}"
            assert time.monotonic() < deadline, f"it never came to {point}"
            time.sleep(0.1)
        mark.unlink()
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
