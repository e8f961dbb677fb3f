"""Parts: the content-addressed files through which the stages meet.

A part is the finished work of one unit (a dataset's examples, a subject's answers, a vector), kept under the content
hash of everything it depends on. It is there whole or not at all, so an interrupted run resumes at the first missing
part, and equal work is never done twice.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from taskatlas.errors import StoreError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.atomic import replacing

_META = b"taskatlas"


class Parts:
    """Parts of one project, below `root`: `root/<kind>/<key>.parquet` for rows, `.npz` for arrays.

    Rows of a published table use the table's name as their kind and are held to its schema.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, kind: str, key: str, suffix: str = ".parquet") -> Path:
        """Where a part lies, whether or not it exists."""
        return self.root / kind / f"{key}{suffix}"

    def has(self, kind: str, key: str, suffix: str = ".parquet") -> bool:
        """Whether the part exists (then it is whole)."""
        return self.path(kind, key, suffix).is_file()

    def write(self, kind: str, key: str, rows: pa.Table, meta: Mapping[str, Any] | None = None) -> None:
        """Keep rows and a JSON-serialisable manifest `meta`; the manifest is read without the rows.

        Raises:
            StoreError: rows do not fit the table's schema, or the disk cannot be written.
        """
        if kind in TABLES:
            rows = fit(rows, kind)
        note = {**(rows.schema.metadata or {}), _META: json.dumps(dict(meta or {}), sort_keys=True).encode()}
        # Arrow would leave its own file open where the disk is full, and its space taken
        with replacing(self.path(kind, key)) as temporary, temporary.open("wb") as stream:
            pq.write_table(rows.replace_schema_metadata(note), stream, compression="zstd")

    def read(self, kind: str, key: str) -> pa.Table:
        """The rows of a part.

        Raises:
            StoreError: the part is missing or damaged.
        """
        path = self.path(kind, key)
        try:
            return pq.read_table(path).replace_schema_metadata(None)
        except (OSError, pa.ArrowInvalid) as error:
            raise _unreadable(path, error) from error

    def manifest(self, kind: str, key: str) -> dict[str, Any]:
        """The manifest that was written with a part's rows."""
        found = self._footer(kind, key).metadata or {}
        manifest: dict[str, Any] = json.loads(found.get(_META, b"{}"))
        return manifest

    def count(self, kind: str, key: str) -> int:
        """How many rows a part holds; they are not read.

        Raises:
            StoreError: the part is missing or damaged.
        """
        return int(self._footer(kind, key).num_rows)

    def _footer(self, kind: str, key: str) -> Any:
        """What the file says of itself, of pyarrow."""
        path = self.path(kind, key)
        try:
            return pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise _unreadable(path, error) from error

    def write_arrays(self, kind: str, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep named arrays, uncompressed."""
        with replacing(self.path(kind, key, ".npz")) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    def read_arrays(self, kind: str, key: str) -> dict[str, np.ndarray]:
        """The named arrays of a part.

        Raises:
            StoreError: the part is missing or damaged.
        """
        path = self.path(kind, key, ".npz")
        try:
            with np.load(path, allow_pickle=False) as found:
                return {name: found[name] for name in found.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise _unreadable(path, error) from error

    def remove(self, kind: str, key: str) -> None:
        """Forget a part, so that it is made anew."""
        for suffix in (".parquet", ".npz"):
            self.path(kind, key, suffix).unlink(missing_ok=True)


def fit(rows: pa.Table, name: str) -> pa.Table:
    """`rows` with the columns, order and types of the published table `name`.

    Raises:
        StoreError: a column is missing or unknown, has another type, or holds nulls where none may be.
    """
    schema = TABLES[name].schema
    if set(rows.column_names) != set(schema.names):
        raise StoreError(f"columns {sorted(rows.column_names)} are not {sorted(schema.names)}", where=f"table {name}")
    try:
        fitted = rows.select(schema.names).cast(schema).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise StoreError(str(error), where=f"table {name}") from error
    for field in schema:
        if not field.nullable and fitted[field.name].null_count:
            raise StoreError(f"column {field.name} holds nulls", where=f"table {name}")
    return fitted


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the part {path.parent.name}/{path.name} cannot be read ({error})",
        todo="remove it with `taskatlas invalidate`, then run again",
    )
