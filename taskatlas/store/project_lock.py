"""One run at a time per project."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskatlas.errors import StoreError
from taskatlas.store.atomic import make_folder


@contextmanager
def project_lock(warehouse: Path) -> Iterator[None]:
    """Hold the project's lock within the block; the system lets go of it when the process ends, however it ends.

    Raises:
        StoreError: another run holds it, or the warehouse cannot be written.
    """
    make_folder(warehouse)
    with (warehouse / "run.lock").open("a", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError("another run is at work", where=str(warehouse), todo="wait until it has ended") from error
        yield
