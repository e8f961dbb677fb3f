"""The warehouse: releases of all tables as Iceberg snapshots, each published whole or not at all.

A release is its row in the table `releases`, which names the snapshot of every other table and is written after them.
Whatever stops a publisher before that row leaves snapshots that no release names: the next publisher uses or replaces
them. Tags (v1, v2, ...) say the same to other Iceberg engines; they are set last, and later where one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.content import PUBLISHED, Content, prepare
from taskatlas.store.lake import NAMESPACE, Lake
from taskatlas.store.parts import fit
from taskatlas.store.snapshots import Extent, append, extent, overwrite, put, tag
from taskatlas.store.upkeep import clean, forget

_SPARE = timedelta(days=1)
"""How long expire() leaves unnamed files of a shared warehouse alone: another machine may be about to name them."""


@dataclass(frozen=True)
class Release:
    """A published release: a row of the table `releases`.

    `snapshots` has the Iceberg snapshot id of every other table; `created` is False where publish() found it published.
    """

    release: str
    published_at: datetime
    release_id: str
    project: str
    taskatlas_version: str
    snapshots: dict[str, int]
    created: bool = True

    @property
    def number(self) -> int:
        """Return the release's number: 1 for v1."""
        return int(self.release.removeprefix("v"))


class Warehouse:
    """The releases of one project.

    Args:
        root: the project's folder; the catalog is `root/iceberg.db`, the files are below `root/iceberg/`.
        catalog_uri: SQLAlchemy address of another catalog, such as postgresql+psycopg2://host/db.
        location: path or URI of another folder for the files, such as s3://bucket/prefix.
    """

    def __init__(self, root: Path | str, *, catalog_uri: str | None = None, location: str | None = None) -> None:
        self.root = Path(root)
        self._lake = Lake(self.root, catalog_uri, location)
        self._read_at: tuple[str, tuple[Release, ...]] = ("", ())

    def publish(
        self, tables: Mapping[str, pa.Table | Content], *, release_id: str, project: str, version: str
    ) -> Release:
        """Publish all tables as the next release, or nothing where the newest release is this one.

        A table whose rows are those of its current snapshot is not written again.

        Args:
            tables: every table of schemas.tables but `releases`, with its columns and types, or as `prepare` gives it.
            release_id: content hash of everything in the release.
            project: name of the project.
            version: version of taskatlas.

        Raises:
            StoreError: a table is missing, does not fit or repeats a key, or the warehouse cannot be written.
        """
        contents = prepare(tables)
        with self._lake.publish_lock(exclusive=False), self._lake.open() as catalog:
            known = self._releases(self._lake.table(catalog, "releases"))
            if known and known[-1].release_id == release_id:
                release = replace(known[-1], created=False)
            else:
                snapshots = {
                    name: self._lake.commit(catalog, name, partial(put, content=contents[name])) for name in PUBLISHED
                }
                entry = Release("v0", datetime.now(UTC), release_id, project, version, snapshots)
                release = self._lake.commit(catalog, "releases", partial(self._announce, entry=entry))
            self._tag(catalog)
        return release

    def releases(self) -> list[Release]:
        """Return every release, newest last; an empty list where nothing was published yet.

        Raises:
            StoreError: the warehouse cannot be read.
        """
        if not self._lake.exists():
            return []
        with self._lake.open() as catalog:
            return self._known(catalog)

    def table(self, name: str, release: str | None = None) -> pa.Table:
        """Read the rows of a table in a release (the newest where none is named), sorted by key.

        They have the columns and types of schemas.tables; a release from before a change of schema has its own.
        `releases` is one table for all releases.

        Raises:
            UnknownNameError: no table or no release has that name.
            StoreError: there is no release yet, or the warehouse cannot be read.
        """
        with self._snapshot_of(name, release) as (table, snapshot):
            rows = table.scan(snapshot_id=snapshot).to_arrow()
        if set(rows.column_names) != set(TABLES[name].schema.names):
            return rows
        return fit(rows, name).sort_by([(column, "ascending") for column in TABLES[name].key])

    def files(self, name: str, release: str | None = None) -> list[str]:
        """Return the Parquet files of a table in a release: absolute paths, or URIs; [] where the table is empty.

        Raises:
            UnknownNameError: no table or no release has that name.
            StoreError: there is no release yet, or the warehouse cannot be read.
        """
        with self._snapshot_of(name, release) as (table, snapshot):
            return list(extent(table, snapshot).files)

    def extents(self) -> list[tuple[Release, dict[str, Extent]]]:
        """Return every release, newest last, with the columns and files of each table by its name.

        The table `releases` is listed with the newest release only.

        Raises:
            StoreError: there is no release yet, or the warehouse cannot be read.
        """
        with self._reading() as (catalog, known):
            names = {name for release in known for name in release.snapshots if name in TABLES}
            loaded = {name: catalog.load_table((NAMESPACE, name)) for name in [*sorted(names), "releases"]}
            # most tables of a release are the same snapshot as in the one before, and a snapshot never changes
            extent_of = cache(lambda name, snapshot: extent(loaded[name], snapshot))
            extents = [
                (release, {name: extent_of(name, id_) for name, id_ in release.snapshots.items() if name in names})
                for release in known
            ]
            extents[-1][1]["releases"] = extent(loaded["releases"], None)
            return extents

    def expire(self, keep: int) -> list[str]:
        """Drop all but the newest `keep` releases, with every snapshot and file that only they or nobody named.

        Rebuild catalog.duckdb afterwards: its views of dropped releases have lost their files. Where the catalog or the
        files are shared between machines, no other machine may publish meanwhile.

        Returns:
            The tags of the dropped releases, oldest first.

        Raises:
            StoreError: keep is below 1, or the warehouse cannot be read or written.
        """
        if keep < 1:
            raise StoreError(f"cannot keep {keep} releases", where=str(self.root), todo="keep 1 or more")
        if not self._lake.exists():
            return []
        with self._lake.publish_lock(exclusive=True), self._lake.open() as catalog:
            known = self._known(catalog)
            if not known:
                return []
            kept, dropped = known[-keep:], known[:-keep]
            if dropped:
                self._lake.commit(catalog, "releases", partial(overwrite, rows=_rows(kept)))
            for name in TABLES:
                ids = {release.snapshots[name] for release in kept if name in release.snapshots}
                keeping = partial(forget, tags={release.release for release in kept}, snapshots=ids)
                clean(self._lake.commit(catalog, name, keeping), spare=timedelta(0) if self._lake.local else _SPARE)
        return [release.release for release in dropped]

    def _tag(self, catalog: SqlCatalog) -> None:
        """Set the tags that are missing: those of a new release, and of one whose publisher was killed."""
        known = self._known(catalog)
        for name in PUBLISHED:
            tags = {release.release: release.snapshots[name] for release in known if name in release.snapshots}
            self._lake.commit(catalog, name, partial(tag, tags=tags))

    def _known(self, catalog: SqlCatalog) -> list[Release]:
        try:
            return self._releases(catalog.load_table((NAMESPACE, "releases")))
        except NoSuchTableError:
            return []

    def _releases(self, table: Table) -> list[Release]:
        """Every release, oldest first; read once, as long as the table stays what it is."""
        location, releases = self._read_at
        if table.metadata_location != location:
            rows: list[dict[str, Any]] = table.scan().to_arrow().to_pylist()
            releases = tuple(sorted(map(_release, rows), key=lambda release: release.number))
            self._read_at = table.metadata_location, releases
        return list(releases)

    def _announce(self, table: Table, entry: Release) -> Release:
        """Write the release's row under the next free tag; another publisher of the same release may have come
        first."""
        known = self._releases(table)
        if known and known[-1].release_id == entry.release_id:
            return replace(known[-1], created=False)
        release = replace(entry, release=f"v{known[-1].number + 1 if known else 1}")
        append(table, _rows([release]), release.release)
        return release

    @contextmanager
    def _reading(self) -> Iterator[tuple[SqlCatalog, list[Release]]]:
        no_release = StoreError("there is no release yet", where=str(self.root), todo="run `taskatlas run`")
        if not self._lake.exists():
            raise no_release
        with self._lake.open() as catalog:
            known = self._known(catalog)
            if not known:
                raise no_release
            yield catalog, known

    @contextmanager
    def _snapshot_of(self, name: str, release: str | None) -> Iterator[tuple[Table, int | None]]:
        """Yield an Iceberg table and the id of its snapshot that a release names; None is the current one."""
        if name not in TABLES:
            raise UnknownNameError("table", name, TABLES)
        with self._reading() as (catalog, known):
            named = {each.release: each for each in known}
            if release is not None and release not in named:
                raise UnknownNameError("release", release, named)
            release_read = known[-1] if release is None else named[release]
            if name != "releases" and name not in release_read.snapshots:
                raise StoreError(f"release {release_read.release} has no table {name}", todo="choose a newer release")
            yield catalog.load_table((NAMESPACE, name)), release_read.snapshots.get(name)


def _release(row: dict[str, Any]) -> Release:
    names = {field.name for field in fields(Release)}
    return Release(**{**{name: row[name] for name in row if name in names}, "snapshots": dict(row["snapshots"])})


def _rows(releases: list[Release]) -> pa.Table:
    schema = TABLES["releases"].schema
    return fit(pa.Table.from_pylist([vars(release) for release in releases], schema=schema), "releases")
