"""The Iceberg catalog of one project: opening it, finding its tables, and committing to them beside other writers."""

from __future__ import annotations

import fcntl
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import quote

from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.table import Table
from sqlalchemy.exc import DatabaseError, IntegrityError

from taskatlas.errors import StoreError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.failures import translated_errors
from taskatlas.store.relocated import HERE, HOME, RelocatedIO
from taskatlas.store.snapshots import shape

NAMESPACE = "atlas"
_CATALOG = "taskatlas"
_ATTEMPTS = 40
_TABLE_PROPERTIES = {
    # pyiceberg's own retry rebuilds the snapshot of a transaction and drops the tag that was set with it, so `commit`
    # below reloads and starts over instead.
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
}
_Result = TypeVar("_Result")

# Two publishers may both remove the oldest metadata file; pyiceberg warns when the second finds it gone.
logging.getLogger("pyiceberg.catalog").addFilter(lambda record: "Failed to delete metadata file" not in record.msg)


class Lake:
    """One project's Iceberg tables: a SQLite catalog `root/iceberg.db` and files below `root/iceberg/`.

    Args:
        root: the project's folder.
        catalog_uri: SQLAlchemy address of another catalog, such as postgresql+psycopg2://host/db.
        location: path or URI of another folder for the files, such as s3://bucket/prefix.
    """

    def __init__(self, root: Path, catalog_uri: str | None = None, location: str | None = None) -> None:
        self.root = root.absolute()
        self.local = catalog_uri is None and location is None
        self.location = (location or str(self.root / "iceberg")).rstrip("/")
        self._file = None if catalog_uri else self.root / "iceberg.db"
        self._uri = catalog_uri or f"sqlite:///file:{quote(str(self._file))}?uri=true&timeout=60"

    def exists(self) -> bool:
        """Return whether there may be a catalog; opening one that is not there would make it."""
        return self._file is None or self._file.is_file() or self._has_stray_files()

    @contextmanager
    def open(self) -> Iterator[SqlCatalog]:
        """Open the catalog, with its namespace, for the length of the block.

        Raises:
            StoreError: the catalog or its files cannot be read or written, are damaged, or belong elsewhere.
        """
        with translated_errors(str(self.root)):
            if self._file is not None:
                self.root.mkdir(parents=True, exist_ok=True)
            catalog = retry(self._connect, DatabaseError, attempts=5)
            try:
                self._settle(catalog)
                yield catalog
            finally:
                catalog.close()

    def table(self, catalog: SqlCatalog, name: str) -> Table:
        """Load the Iceberg table of a published table; make it where it does not exist yet."""
        try:
            return catalog.load_table((NAMESPACE, name))
        except NoSuchTableError:
            schema = TABLES[name].schema
            with suppress(TableAlreadyExistsError):
                catalog.create_table((NAMESPACE, name), schema=schema, properties=_TABLE_PROPERTIES | shape(schema))
            return catalog.load_table((NAMESPACE, name))

    def commit(self, catalog: SqlCatalog, name: str, change: Callable[[Table], _Result]) -> _Result:
        """Apply `change` to the freshly loaded table until no other writer comes in between, and return its result.

        Raises:
            CommitFailedException: others came in between too many times.
        """
        return retry(lambda: change(self.table(catalog, name)), CommitFailedException, attempts=_ATTEMPTS)

    @contextmanager
    def publish_lock(self, *, exclusive: bool) -> Iterator[None]:
        """Hold the publishers' lock within the block; the system frees the lock of a killed process.

        Publishers hold it together, upkeep holds it alone (`exclusive`). It works between the processes of one machine.
        Elsewhere Iceberg's own commits keep publishers apart.
        """
        with translated_errors(str(self.root)):
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / "iceberg.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
                yield

    def _connect(self) -> SqlCatalog:
        # load_catalog adds what pyiceberg's own settings say, such as PYICEBERG_CATALOG__TASKATLAS__S3__ENDPOINT.
        return cast(SqlCatalog, load_catalog(_CATALOG, type="sql", uri=self._uri, warehouse=self.location))

    def _settle(self, catalog: SqlCatalog) -> None:
        """Make the namespace, which remembers where its files lay first, and read those paths as they are now."""
        if not catalog.namespace_exists(NAMESPACE):
            if self._has_stray_files():
                raise StoreError(
                    f"iceberg.db has no tables, but there are files in {self.location}",
                    where=str(self.root),
                    todo="restore iceberg.db from a backup, or move the files aside and run `taskatlas run`",
                )
            with suppress(NamespaceAlreadyExistsError, IntegrityError):
                catalog.create_namespace(NAMESPACE, {"location": self.location})
        home = catalog.load_namespace_properties(NAMESPACE)["location"]
        if "://" not in home + self.location:
            catalog.properties |= {
                "py-io-impl": f"{RelocatedIO.__module__}.{RelocatedIO.__name__}",
                HOME: home,
                HERE: self.location,
            }
        elif home != self.location:
            raise StoreError(
                f"the catalog's files are in {home}, not in {self.location}",
                where=str(self.root),
                todo=f"set TASKATLAS_WAREHOUSE to {home}, or TASKATLAS_CATALOG_URI to a catalog for the new location",
            )

    def _has_stray_files(self) -> bool:
        folder = Path(self.location)
        return self._file is not None and folder.is_dir() and any(folder.iterdir())


def retry(action: Callable[[], _Result], error: type[Exception], *, attempts: int) -> _Result:
    """Return what `action` returns; try up to `attempts` times while it raises `error`, with a growing random pause."""
    for attempt in range(attempts - 1):
        try:
            return action()
        except error:
            time.sleep(random.uniform(0.01, 0.05 * min(attempt + 1, 20)))  # noqa: S311 - a pause, not a secret
    return action()
