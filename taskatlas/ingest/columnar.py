"""Parquet, Arrow and Feather files → columns of raw strings; class codes become the names that the file gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from taskatlas.errors import InputError
from taskatlas.ingest.cells import (
    MOST_WITHIN,
    NO_LISTS,
    Columns,
    Held,
    Lists,
    list_as_text,
    name_within,
    require_columns,
    require_rows,
)

Classes = Mapping[str, Sequence[str]]
"""Column → the names of its class codes."""


def read_parquet(path: Path, display_name: str, column_names: Sequence[str], lists: Lists = NO_LISTS) -> Columns:
    """Read columns of a Parquet file. A field of a struct is named after it and a dot; lists are given as JSON where
    they may be.

    Raises:
        InputError: it is no Parquet file, lacks a column, or a column of it holds no text.
    """
    with _whole("Parquet", display_name), pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        table = _unfolded(file.read(columns=_outermost(schema, column_names, display_name)), column_names)
        _require_flat(table.schema, column_names, display_name, lists)
        return require_rows(_as_text(table, column_names, display_name, _classes_of(schema), lists), display_name)


def read_arrow(path: Path, display_name: str, column_names: Sequence[str], lists: Lists = NO_LISTS) -> Columns:
    """Read columns of an Arrow or Feather file, or of an Arrow stream; as `read_parquet`.

    Raises:
        InputError: it is none, lacks a column, or a column of it holds no text.
    """
    with _whole("Arrow", display_name), pa.memory_map(str(path)) as file:
        whole = _arrow_table(file)
        table = _unfolded(whole.select(_outermost(whole.schema, column_names, display_name)), column_names)
        _require_flat(table.schema, column_names, display_name, lists)
        return require_rows(_as_text(table, column_names, display_name, _classes_of(whole.schema), lists), display_name)


def parquet_held(path: Path, display_name: str) -> Held:
    """Return what a Parquet file holds.

    Raises:
        InputError: it is no Parquet file.
    """
    with _whole("Parquet", display_name), pq.ParquetFile(path) as file:
        return _held(file.schema_arrow)


def arrow_held(path: Path, display_name: str) -> Held:
    """Return what an Arrow or Feather file, or stream, holds.

    Raises:
        InputError: it is none.
    """
    with _whole("Arrow", display_name), pa.memory_map(str(path)) as file:
        return _held(_arrow_table(file).schema)


def _held(schema: pa.Schema) -> Held:
    held: Held = {}
    for field in schema:
        if not pa.types.is_nested(field.type):
            held[field.name,] = "value"
        else:
            inner: Held = dict(_held_within((field.name,), field.type))
            held |= inner if len(inner) <= MOST_WITHIN else {}
    return held


def _held_within(
    path: tuple[str, ...], kind: pa.DataType, *, listed: bool = False
) -> Iterator[tuple[tuple[str, ...], Literal["value", "list"]]]:
    """Yield what is within a column: a value of each struct of a list is a list of values."""
    if _is_plain(kind):
        yield path, "list" if listed else "value"
    elif pa.types.is_struct(kind):
        for field in kind:
            if "." not in field.name:
                yield from _held_within((*path, field.name), field.type, listed=listed)
    elif _is_list(kind) and not listed:
        yield from _held_within(path, kind.value_type, listed=True)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values can be read as text."""
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(is_text or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _outermost(schema: pa.Schema, column_names: Sequence[str], display_name: str) -> list[str]:
    """Return the columns that hold those that are named: themselves, or structs that they are fields of.

    Raises:
        InputError: one is missing, or there twice.
    """
    outer = {name: name if name in schema.names else name.partition(".")[0] for name in column_names}
    missing = [name for name, column in outer.items() if column not in schema.names]
    require_columns(missing or [*outer.values()], schema.names, display_name)
    return list(dict.fromkeys(outer.values()))


def _unfolded(table: pa.Table, column_names: Sequence[str]) -> pa.Table:
    """Return a table with the fields of structs that are named as columns of their own, beside the others."""
    for name in column_names:
        first, *path = name.split(".")
        if name not in table.column_names and path:
            try:
                table = table.append_column(name, _within(table[first], path))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue  # there is no such field, which is told as of any column
    return table


def _within(column: pa.ChunkedArray, path: Sequence[str]) -> pa.ChunkedArray:
    """Return what a column holds under a path of fields, and of places in lists; a field of a list's structs is a list
    of what each of them holds."""
    for step in path:
        if _is_list(column.type) and step.isdigit():
            lists = column.to_pylist()
            cells = [each[int(step)] if each and int(step) < len(each) else None for each in lists]
            column = pa.chunked_array([pa.array(cells, column.type.value_type)])
        elif _is_list(column.type) and pa.types.is_struct(column.type.value_type):
            if column.type.value_type.get_field_index(step) < 0:
                raise pa.ArrowInvalid(f"no field {step}")
            inner = column.type.value_type.field(step).type
            held = [None if each is None else [(item or {}).get(step) for item in each] for each in column.to_pylist()]
            column = pa.chunked_array([pa.array(held, pa.list_(inner))])
        else:
            column = pc.struct_field(column, [step])
    return column


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


def _require_flat(schema: pa.Schema, column_names: Sequence[str], display_name: str, lists: Lists) -> None:
    """Check that columns are there and hold one value per row, or lists of single values where they may.

    Raises:
        InputError: one is missing, there twice, or holds lists or objects.
    """
    require_columns(column_names, schema.names, display_name)
    for name in column_names:
        kind = schema.field(name).type
        if name in lists and _is_list(kind):
            kind = kind.value_type
            if pa.types.is_struct(kind) and kind.num_fields:
                todo = name_within(name, [field.name for field in kind])
                raise InputError(f"column {name!r} holds a list of objects", where=display_name, todo=todo)
        if pa.types.is_nested(kind):
            simple = re.match(r"\w+", str(kind))
            what = f"column {name!r} holds {simple.group() if simple else kind}s"
            raise InputError(what, where=display_name, todo="write it as text, or name another column")


def _as_text(
    table: pa.Table, column_names: Sequence[str], display_name: str, classes: Classes, lists: Lists
) -> Columns:
    """Return columns of a table as text; a code of a class as its name, and as None where it is -1, which stands for no
    label.

    Raises:
        InputError: a column holds no text, or a code that has no name.
    """
    columns: Columns = {}
    for name in column_names:
        if _is_list(table[name].type):
            texts = table[name].cast(pa.list_(pa.string())).to_pylist()
            columns[name] = [None if each is None else list_as_text(each, lists[name]) for each in texts]
            continue
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
