"""Parquet, Arrow and Feather files → columns of raw strings; class codes become the names that the file gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, require_columns, require_rows

Classes = Mapping[str, Sequence[str]]
"""Column → the names of its class codes."""


def read_parquet(path: Path, display_name: str, column_names: Sequence[str]) -> Columns:
    """Read columns of a Parquet file.

    Raises:
        InputError: it is no Parquet file, lacks a column, or a column of it holds no text.
    """
    with _whole("Parquet", display_name), pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        _require_flat(schema, column_names, display_name)
        table = file.read(columns=list(column_names))
        return require_rows(_as_text(table, column_names, display_name, _classes_of(schema)), display_name)


def read_arrow(path: Path, display_name: str, column_names: Sequence[str]) -> Columns:
    """Read columns of an Arrow or Feather file, or of an Arrow stream.

    Raises:
        InputError: it is none, lacks a column, or a column of it holds no text.
    """
    with _whole("Arrow", display_name), pa.memory_map(str(path)) as file:
        table = _arrow_table(file)
        _require_flat(table.schema, column_names, display_name)
        return require_rows(_as_text(table, column_names, display_name, _classes_of(table.schema)), display_name)


def parquet_header(path: Path, display_name: str) -> list[str]:
    """Return the names of the columns of a Parquet file that hold one value per row.

    Raises:
        InputError: it is no Parquet file.
    """
    with _whole("Parquet", display_name), pq.ParquetFile(path) as file:
        return _flat(file.schema_arrow)


def arrow_header(path: Path, display_name: str) -> list[str]:
    """Return the names of the columns of an Arrow or Feather file, or stream, that hold one value per row.

    Raises:
        InputError: it is none.
    """
    with _whole("Arrow", display_name), pa.memory_map(str(path)) as file:
        return _flat(_arrow_table(file).schema)


def _flat(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if not pa.types.is_nested(field.type)]


def _arrow_table(file: pa.MemoryMappedFile) -> pa.Table:
    try:
        return pa.ipc.open_file(file).read_all()
    except pa.ArrowInvalid:
        file.seek(0)
        return pa.ipc.open_stream(file).read_all()


@contextmanager
def _whole(kind: str, display_name: str) -> Iterator[None]:
    """A damaged file can break anywhere."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200]
        todo = "write it again, or give the file the suffix of its format"
        raise InputError(f"this is not a whole {kind} file ({reason})", where=display_name, todo=todo) from error


def _classes_of(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the names of class codes that the library `datasets` keeps in the metadata of a schema, by column."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: [str(each) for each in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}  # somebody else's metadata


def _require_flat(schema: pa.Schema, column_names: Sequence[str], display_name: str) -> None:
    """Check that columns are there and hold one value per row.

    Raises:
        InputError: one is missing, there twice, or holds lists or objects.
    """
    require_columns(column_names, schema.names, display_name)
    for name in column_names:
        kind = schema.field(name).type
        if pa.types.is_nested(kind):
            simple = re.match(r"\w+", str(kind))
            what = f"column {name!r} holds {simple.group() if simple else kind}s"
            raise InputError(what, where=display_name, todo="write it as text, or name another column")


def _as_text(table: pa.Table, column_names: Sequence[str], display_name: str, classes: Classes) -> Columns:
    """Return columns of a table as text; a code of a class as its name, and as None where it is -1, which stands for no
    label.

    Raises:
        InputError: a column holds no text, or a code that has no name.
    """
    columns: Columns = {}
    for name in column_names:
        try:
            text = table[name].cast(pa.large_string())
            text.validate(full=True)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            what = f"column {name!r} ({table[name].type}) does not hold text"
            raise InputError(what, where=display_name, todo="write it as UTF-8 text, or name another column") from error
        cells = text.to_pylist()
        is_coded = name in classes and pa.types.is_integer(table[name].type)
        columns[name] = _named(cells, classes[name], name, display_name) if is_coded else cells
    return columns


def _named(cells: list[Any], names: Sequence[str], column: str, display_name: str) -> list[str | None]:
    known: dict[str | None, str | None] = {None: None, "-1": None}
    known |= {str(code): name for code, name in enumerate(names)}
    if unknown := next((cell for cell in cells if cell not in known), None):
        what = f"column {column!r} holds the class {unknown}, and {len(names)} have names"
        raise InputError(what, where=display_name, todo="write the names of classes instead of codes")
    return [known[cell] for cell in cells]
