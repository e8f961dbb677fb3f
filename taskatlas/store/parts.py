"""Parts: the content-addressed files through which the stages meet.

A part is the finished work of one item (a dataset's examples, a subject's answers, a vector), kept under the content
hash of everything it depends on; `taskatlas.schemas.graph` declares its kinds. It is there whole or not at all, so an
interrupted run resumes at the first missing part, and equal work is never done twice. A part that cannot be read counts
as missing: it is set aside, and made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.hashing import digest
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.store.atomic import replacing

_META = b"taskatlas"
_SCHEMA = b"taskatlas.schema"
"""Which schema the rows were written with, so that those of an older one are recognised without comparing columns."""
_SUFFIXES = (".parquet", ".npz", ".jsonl")
_Result = TypeVar("_Result")


class Parts:
    """The parts of one project, below `root`: `root/<kind>/<key>.parquet` for rows, `.npz` for arrays.

    Rows of a kind that has a schema are held to it.

    Attributes:
        root: the folder.
        only_looks: whether damaged parts are left where they are.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.only_looks = False

    def path(self, kind: str, key: str, suffix: str = ".parquet") -> Path:
        """Return where a part lies, whether or not it exists."""
        return self.root / kind / f"{key}{suffix}"

    def has(self, kind: str, key: str, suffix: str = ".parquet") -> bool:
        """Return whether the part is there. An empty file is none."""
        try:
            return self.path(kind, key, suffix).stat().st_size > 0
        except OSError:
            return False

    def keys(self, kind: str) -> frozenset[str]:
        """Return the keys of all parts of a kind that hold rows, by one look into their folder."""
        try:
            with os.scandir(self.root / kind) as entries:
                names = [entry.name for entry in entries if entry.name[0] != "." and entry.stat().st_size > 0]
        except OSError:
            return frozenset()
        return frozenset(name.removesuffix(".parquet") for name in names if name.endswith(".parquet"))

    def write(self, kind: str, key: str, rows: pa.Table, meta: Mapping[str, Any] | None = None) -> None:
        """Keep rows and a JSON-serialisable manifest `meta`; the manifest is read without the rows.

        Raises:
            StoreError: rows do not fit the kind's schema, or the disk cannot be written.
        """
        note = {_META: json.dumps(dict(meta or {}), sort_keys=True).encode()}
        schema = GRAPH[kind].schema if kind in GRAPH else None
        if schema is not None:
            rows = conform(rows, schema, where=f"table {kind}" if kind in TABLES else f"part {kind}")
            note[_SCHEMA] = shape_id(schema).encode()
        # Arrow would leave its own file open where the disk is full, and its space taken
        with replacing(self.path(kind, key)) as temporary, temporary.open("wb") as stream:
            pq.write_table(
                rows.replace_schema_metadata({**(rows.schema.metadata or {}), **note}), stream, compression="zstd"
            )

    def read(self, kind: str, key: str) -> pa.Table:
        """Return the rows of a part, in the kind's schema of today.

        A column that came later is null. Only columns without nulls that came later are a fault.

        Raises:
            DamagedPartError: the part is missing, or was damaged and is set aside.
            StoreError: the disk cannot be read, or the part is of a schema that cannot be followed.
        """
        rows = self._opened(kind, key, ".parquet", pq.read_table)
        written = (rows.schema.metadata or {}).get(_SCHEMA, b"").decode()
        rows = rows.replace_schema_metadata(None)
        schema = GRAPH[kind].schema if kind in GRAPH else None
        if schema is None or written == shape_id(schema):
            return rows
        known = [name for name in rows.column_names if name in schema.names]
        return conform(rows.select(known), schema, where=f"part {kind}/{key}")

    def manifest(self, kind: str, key: str) -> dict[str, Any]:
        """Return the manifest that was written with a part's rows; for errors see `read`."""
        note = self._opened(kind, key, ".parquet", _footer).metadata or {}
        manifest: dict[str, Any] = json.loads(note.get(_META, b"{}"))
        return manifest

    def count(self, kind: str, key: str) -> int:
        """Return how many rows a part holds, without reading them; for errors see `read`."""
        return int(self._opened(kind, key, ".parquet", _footer).num_rows)

    def write_arrays(self, kind: str, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep named arrays, uncompressed."""
        with replacing(self.path(kind, key, ".npz")) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    def read_arrays(self, kind: str, key: str) -> dict[str, np.ndarray]:
        """Return the named arrays of a part; for errors see `read`."""
        return self._opened(kind, key, ".npz", _arrays)

    def remove(self, kind: str, key: str) -> None:
        """Forget a part, so that it is made anew."""
        for suffix in _SUFFIXES:
            self.path(kind, key, suffix).unlink(missing_ok=True)

    def adopt(self) -> None:
        """Give the folders of a project from before their kinds were renamed today's names."""
        for kind in GRAPH.values():
            if kind.formerly and (self.root / kind.formerly).is_dir():
                _merge(self.root / kind.formerly, self.root / kind.name)

    def set_broken_aside(self, since: int) -> dict[str, str]:
        """Set those parts aside that are empty, and of those that changed lately all that cannot be opened.

        Args:
            since: nanoseconds of the system's clock; what was written before is not opened.

        Returns:
            What they were, 'empty' or 'damaged', by name: KIND/FILE.
        """
        broken = {}
        for folder in sorted(path for path in self.root.glob("*") if path.is_dir()):
            with os.scandir(folder) as entries:
                stats = {entry.name: entry.stat() for entry in entries if entry.name[0] != "."}
            suspects = {name for name, stat in stats.items() if not stat.st_size or stat.st_mtime_ns > since}
            for name in sorted(suspects):
                path = folder / name
                if not path.exists():
                    continue  # was set aside with the other file of its part
                if not stats[name].st_size:
                    self._set_aside(folder.name, path.stem)
                    broken[f"{folder.name}/{name}"] = "empty"
                elif not self._opens(path):
                    broken[f"{folder.name}/{name}"] = "damaged"
        return broken

    def set_damaged_aside(self, kind: str) -> list[str]:
        """Look into every part of a kind, set those aside that cannot be opened, and return their keys."""
        paths = sorted(path for path in (self.root / kind).glob("*") if not path.name.startswith("."))
        return list(dict.fromkeys(path.stem for path in paths if not self._opens(path)))

    def _opens(self, path: Path) -> bool:
        """Whether a part can be opened; it is set aside where not. The lines of servers' answers mend themselves."""
        if path.suffix not in _OPENERS:
            return True
        try:
            self._opened(path.parent.name, path.stem, path.suffix, _OPENERS[path.suffix])
        except DamagedPartError:
            return False
        return True

    def _opened(self, kind: str, key: str, suffix: str, reader: Callable[[Path], _Result]) -> _Result:
        path = self.path(kind, key, suffix)
        try:
            return reader(path)
        except FileNotFoundError as error:
            self._set_aside(kind, key)  # rows without their arrays would be looked for again and again
            raise DamagedPartError(f"the part {kind}/{path.name} is missing", kind=kind) from error
        except Exception as error:  # a damaged file can make a reader raise anything
            if isinstance(error, OSError) and error.errno:
                what = f"the part {kind}/{path.name} cannot be read ({os.strerror(error.errno)})"
                todo = "mend the disk or the permissions, then run again"
                raise StoreError(what, where=str(self.root), todo=todo) from error
            self._set_aside(kind, key)
            raise DamagedPartError(f"the part {kind}/{path.name} was damaged and is set aside", kind=kind) from error

    def _set_aside(self, kind: str, key: str) -> None:
        """Move what is left of a part to `damaged/` beside the parts, so that it counts as missing and is not lost."""
        if self.only_looks:
            return
        left = [path for suffix in _SUFFIXES if (path := self.path(kind, key, suffix)).exists()]
        folder = self.root.parent / "damaged"
        try:
            for path in left:
                folder.mkdir(exist_ok=True)
                path.replace(folder / f"{kind}-{path.name}")
        except OSError as error:
            what = f"the damaged part {kind}/{key} cannot be set aside ({os.strerror(error.errno or 0)})"
            todo = "remove it by hand, then run again"
            raise StoreError(what, where=str(self.root), todo=todo) from error


def conform(rows: pa.Table, schema: pa.Schema, *, where: str) -> pa.Table:
    """Return `rows` with the columns, order and types of `schema`; a column that may be null and is missing is null.

    Raises:
        StoreError: a column is missing or unknown, has another type, or holds nulls where none may be.
    """
    optional = {field.name for field in schema if field.nullable}
    held = set(rows.column_names)
    missing, unknown = sorted(set(schema.names) - held - optional), sorted(held - set(schema.names))
    if missing or unknown:
        wrong = [f"{word} {', '.join(names)}" for word, names in (("missing", missing), ("unknown", unknown)) if names]
        todo = "let a new column be null, or raise the version of what makes it in schemas/graph.py"
        raise StoreError(f"columns do not fit the schema: {'; '.join(wrong)}", where=where, todo=todo)
    for name in schema.names:
        if name not in held:
            rows = rows.append_column(schema.field(name), pa.nulls(rows.num_rows, schema.field(name).type))
    try:
        fitted = rows.select(schema.names).cast(schema).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise StoreError(str(error), where=where) from error
    for field in schema:
        if not field.nullable and fitted[field.name].null_count:
            raise StoreError(f"column {field.name} holds nulls", where=where)
    return fitted


def fit(rows: pa.Table, name: str) -> pa.Table:
    """Return `rows` in the schema of the published table `name`; for errors see `conform`."""
    return conform(rows, TABLES[name].schema, where=f"table {name}")


def shape_id(schema: pa.Schema) -> str:
    """Return a hash of the columns' names and types, whatever is said of them."""
    return digest([(field.name, str(field.type), field.nullable) for field in schema])


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:  # numpy leaves its own file open
        return {name: arrays[name] for name in arrays.files}


def _names_of_arrays(path: Path) -> list[str]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return list(arrays.files)


def _footer(path: Path) -> pq.FileMetaData:
    return pq.read_metadata(path)


_OPENERS: Mapping[str, Callable[[Path], object]] = {".parquet": _footer, ".npz": _names_of_arrays}


def _merge(old: Path, new: Path) -> None:
    """Move all files of a folder into another; what is there already holds the same, as its name is its content's."""
    with suppress(OSError):  # a project that cannot be written waits for a run that can
        new.mkdir(exist_ok=True)
        for path in old.iterdir():
            path.replace(new / path.name)
        old.rmdir()
