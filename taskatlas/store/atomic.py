"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from taskatlas.errors import StoreError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` if the block succeeds, and vanishes if it does not.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _write_error(error, path.parent) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder with its parents, unless it is there.

    Raises:
        StoreError: it cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise _write_error(error, path) from error


def _write_error(error: OSError, folder: Path) -> StoreError:
    # pyarrow's text repeats the path; what the system calls the error is enough
    reason = os.strerror(error.errno) if error.errno else str(error)
    todo = "free space or mend the permissions, then run again"
    if isinstance(error, NotADirectoryError | FileExistsError):
        todo = "move the file away that is in the place of that folder, then run again"
    return StoreError(f"cannot write ({reason})", where=str(folder), todo=todo)
