"""What goes wrong with disks, databases and Iceberg files, said in one line that a person can act on."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.exceptions import CommitFailedException, NotInstalledError
from sqlalchemy.exc import SQLAlchemyError

from taskatlas.errors import StoreError, TaskatlasError
from taskatlas.store.guard import INSTALL_HTTPFS

_RESTORE = "restore iceberg.db and iceberg/ from one backup, or move both aside and run `taskatlas run` to start anew"
_WAIT = "wait for the other runs to finish, then run again"
_KNOWN: tuple[tuple[str, str, set[int], tuple[str, ...]], ...] = (
    # what, what to do, error numbers, words of drivers that give no number
    (
        "the disk is full",
        "free some space and run again; earlier releases are as they were",
        {errno.ENOSPC, errno.EDQUOT, errno.EFBIG},
        ("disk is full", "disk i/o error", "no space left", "file too large"),
    ),
    (
        "cannot be written",
        "make it a folder that you may write to, and run again",
        {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR},
        ("readonly", "read-only", "unable to open", "permission denied", "access_denied", "not a directory"),
    ),
    ("a file is missing", _RESTORE, {errno.ENOENT}, ("no files found",)),
    (
        "DuckDB cannot read files of a server without its extension httpfs",
        f"{INSTALL_HTTPFS}, then run again",
        set(),
        ("httpfs",),
    ),
    ("the catalog is busy", _WAIT, set(), ("database is locked",)),
    (
        "the catalog does not let anybody in by its address",
        "check scheme, user, password and name of the database in TASKATLAS_CATALOG_URI",
        set(),
        (
            "password authentication failed",
            "no password supplied",
            "does not exist",
            "sqlalchemy.dialects",
            "could not parse sqlalchemy url",
            "no pg_hba.conf entry",
        ),
    ),
    (
        "the server does not answer",
        "check its address and that its server is up, then run again",
        {errno.ECONNREFUSED},
        ("connection refused", "could not connect", "could not translate", "could not resolve", "network_connection"),
    ),
)


@contextmanager
def translated_errors(where: str) -> Iterator[None]:
    """Turn whatever fails inside the block into a StoreError that says what, where and what to do.

    Args:
        where: the folder, file or address that the block reads or writes.

    Raises:
        StoreError: it cannot be read or written.
    """
    try:
        yield
    except TaskatlasError:
        raise
    except CommitFailedException as error:
        raise StoreError("other publishers kept coming in between", where=where, todo=_WAIT) from error
    except (ImportError, NotInstalledError) as error:
        todo = "install it, for a Postgres catalog with `pip install 'taskatlas[postgres]'`"
        raise StoreError(f"a package is missing ({error})", where=where, todo=todo) from error
    except Exception as error:
        # Everything, as a damaged Avro or JSON file surfaces as nearly anything, from EOFError to SystemError.
        traceback.clear_frames(error.__traceback__)  # whoever keeps the error keeps no connection, which DuckDB reports
        raise _as_store_error(error, where) from error


def _as_store_error(error: Exception, where: str) -> StoreError:
    cause = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else None
    line = (str(cause or error).strip() or type(error).__name__).splitlines()[0][:300]
    number = error.errno if isinstance(error, OSError) else None
    for what, todo, numbers, words in _KNOWN:
        if number in numbers or any(word in line.lower() for word in words):
            return StoreError(f"{what} ({line})", where=where, todo=todo)
    return StoreError(f"it seems damaged ({type(error).__name__}: {line})", where=where, todo=_RESTORE)
