"""A run that stops at a chosen point and waits there to be killed: python -m tests.flows.interrupted POINT PROJECT.

POINT is `KIND:N` (the N-th part of that kind is half written), `commit` (all tables are committed, the release is not
announced yet) or `catalog` (the release is there, the catalog is not). PROJECT/stopped appears once it stands still.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from taskatlas.stages import publish
from taskatlas.store import parts, warehouse


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


if __name__ == "__main__":
    main(*sys.argv[1:])
