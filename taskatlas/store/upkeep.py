"""What keeps one Iceberg table small: forgetting the snapshots of dropped releases, and removing files nobody names."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import cast

from pyarrow.fs import FileSelector
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table
from pyiceberg.table.update.snapshot import ExpireSnapshots, ManageSnapshots

_RELEASE = re.compile(r"v[0-9]+")


def forget(table: Table, *, tags: Collection[str], snapshots: Collection[int]) -> Table:
    """Remove the tags of other releases, then every snapshot that no tag, no branch and no kept release names; return
    the table as it is then.

    Args:
        table: freshly loaded.
        tags: of the releases that are kept; tags that are not called like a release are kept too.
        snapshots: ids that the kept releases name.
    """
    with table.transaction() as transaction:
        dropped = [name for name in table.metadata.refs if _RELEASE.fullmatch(name) and name not in tags]
        if dropped:
            changes = ManageSnapshots(transaction)
            for name in dropped:
                changes.remove_tag(name)
            changes.commit()
        named = {ref.snapshot_id for ref in transaction.table_metadata.refs.values()} | set(snapshots)
        stale = [snapshot.snapshot_id for snapshot in table.snapshots() if snapshot.snapshot_id not in named]
        if stale:
            ExpireSnapshots(transaction).by_ids(stale).commit()
    return table


def clean(table: Table, *, spare: timedelta) -> int:
    """Remove the table's files that no snapshot names, but those younger than `spare`, and return how many went."""
    io = cast(PyArrowFileIO, table.io)
    live = {io.parse_location(location, io.properties)[2] for location in _live_locations(table)}
    scheme, host, folder = io.parse_location(table.location(), io.properties)
    disk = io.fs_by_scheme(scheme, host)
    latest = datetime.now(UTC) - spare
    orphans = [
        entry.path
        for entry in disk.get_file_info(FileSelector(folder, allow_not_found=True, recursive=True))
        if entry.is_file and entry.path not in live and entry.mtime <= latest
    ]
    for path in orphans:
        disk.delete_file(path)
    return len(orphans)


def _live_locations(table: Table) -> set[str]:
    """Return the recorded locations of everything that the table's metadata names."""
    live = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    # snapshots share their manifests with those before
    manifests = {each.manifest_path: each for of in table.snapshots() for each in of.manifests(table.io)}
    for manifest in manifests.values():
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        live.update(entry.data_file.file_path for entry in entries)
    return live | manifests.keys() | {snapshot.manifest_list for snapshot in table.snapshots()}
