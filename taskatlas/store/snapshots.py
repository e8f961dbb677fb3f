"""What a release does to one Iceberg table: put rows, set tags, list files. Each change is one commit, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyiceberg.table import Table, Transaction
from pyiceberg.table.update.snapshot import ManageSnapshots

from taskatlas.store.content import Content
from taskatlas.store.relocated import current_path

_CONTENT = "taskatlas.content"
"""Snapshot property: the hash of the rows."""
_SHAPE = "taskatlas.shape"
"""Table property: the type of every column as JSON, so that a later version of taskatlas sees what it has to change."""


@dataclass(frozen=True)
class Extent:
    """What one table of one release is made of: its columns, and its Parquet files (none where it is empty)."""

    columns: tuple[str, ...]
    files: tuple[str, ...]


def shape(schema: pa.Schema) -> dict[str, str]:
    """Return the table property that a new table starts with: the columns and types of its schema."""
    return {_SHAPE: json.dumps(_types(schema))}


def put(table: Table, content: Content) -> int:
    """Make `content` the table's rows, unless they are that already, and return the snapshot that holds them."""
    head = table.current_snapshot()
    if head is not None and head.summary is not None and head.summary.get(_CONTENT) == content.sha256:
        return head.snapshot_id
    with table.transaction() as transaction:
        _follow(transaction, content.rows.schema)
        _replace(transaction, table, content.rows, {_CONTENT: content.sha256})
    return _current(table)


def append(table: Table, rows: pa.Table, tag: str) -> None:
    """Add rows and tag the snapshot that holds them, both or neither."""
    with table.transaction() as transaction:
        transaction.append(rows)
        ManageSnapshots(transaction).create_tag(_current(transaction), tag).commit()


def overwrite(table: Table, rows: pa.Table) -> None:
    """Make `rows` the table's rows."""
    with table.transaction() as transaction:
        _replace(transaction, table, rows, {})


def tag(table: Table, tags: Mapping[str, int]) -> None:
    """Set those of `tags` (tag → snapshot id) that the table does not have yet."""
    known = {snapshot.snapshot_id for snapshot in table.snapshots()}
    missing = {name: id_ for name, id_ in tags.items() if name not in table.metadata.refs and id_ in known}
    if missing:
        with table.transaction() as transaction:
            changes = ManageSnapshots(transaction)
            for name, id_ in missing.items():
                changes.create_tag(id_, name)
            changes.commit()


def extent(table: Table, snapshot_id: int | None) -> Extent:
    """Return the columns and files of a snapshot; of the current one where the id is None."""
    scan = table.scan(snapshot_id=snapshot_id)
    files = sorted(current_path(task.file.file_path, table.io.properties) for task in scan.plan_files())
    return Extent(tuple(field.name for field in scan.projection().fields), tuple(files))


def _replace(transaction: Transaction, table: Table, rows: pa.Table, properties: dict[str, str]) -> None:
    # An overwrite of nothing warns that it deletes nothing.
    if any(True for _ in table.scan().plan_files()):
        transaction.overwrite(rows, snapshot_properties=properties)
    else:
        transaction.append(rows, snapshot_properties=properties)


def _follow(transaction: Transaction, schema: pa.Schema) -> None:
    """Give the table the columns of `schema`. Older snapshots keep the columns that they were written with."""
    types, known_types = _types(schema), json.loads(transaction.table_metadata.properties[_SHAPE])
    if types == known_types:
        return
    with transaction.update_schema(allow_incompatible_changes=True) as change:
        for name in known_types:
            if known_types[name] != types.get(name):
                change.delete_column(name)
    with transaction.update_schema(allow_incompatible_changes=True) as change:
        change.union_by_name(schema)
    transaction.set_properties(shape(schema))


def _types(schema: pa.Schema) -> dict[str, str]:
    return {field.name: f"{field.type}{'' if field.nullable else ' not null'}" for field in schema}


def _current(holder: Table | Transaction) -> int:
    metadata = holder.metadata if isinstance(holder, Table) else holder.table_metadata
    if metadata.current_snapshot_id is None:
        raise ValueError("a commit left no snapshot")
    return metadata.current_snapshot_id
