"""Make the rows of a visitor's own query fit for a browser and for files: any type, any size, any names."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import write_csv

from taskatlas.store.values import values_of, with_names

COLUMNS = 100
"""How many columns the grid shows."""
_CHARACTERS = 300
_ITEMS = 8
_GRID_BYTES = 8_000_000


def preview(table: pa.Table) -> pa.Table:
    """Return the part of a table that a grid shows: its first columns and rows, with short cells.

    Vectors and long texts are cut, and types that no grid can draw become text.
    """
    first = with_names(table.select(range(min(COLUMNS, table.num_columns))))
    cut = pa.table({name: _short(first[name]) for name in first.schema.names})
    rows = cut.num_rows
    return cut.slice(0, max(1, rows * _GRID_BYTES // cut.nbytes)) if cut.nbytes > _GRID_BYTES else cut


def csv(table: pa.Table) -> bytes:
    """Write a whole table as CSV, UTF-8; nested values are JSON in it."""
    whole = with_names(table)
    file = io.BytesIO()
    write_csv(pa.table({name: _flat(whole[name]) for name in whole.schema.names}), file)
    return file.getvalue()


def parquet(table: pa.Table) -> bytes:
    """Write a whole table as Parquet; types that it does not know become text."""
    whole = with_names(table)
    columns = {name: _texts(whole[name]) if _foreign(whole[name].type) else whole[name] for name in whole.schema.names}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def _short(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _short(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        long = pc.greater(pc.utf8_length(column), _CHARACTERS)
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(column, 0, _CHARACTERS), "…", "")
        return pc.if_else(long, cut, column)
    if _list(kind):
        lengths = pc.list_value_length(column).to_pylist()
        first = pc.list_slice(column, 0, _ITEMS, return_fixed_size_list=False)
        return _column([_items(row, length) for row, length in zip(values_of(first), lengths, strict=True)])
    if pa.types.is_binary(kind):
        return _column([None if row is None else repr(row[:_ITEMS])[2:-1] for row in column.to_pylist()])
    if _nested(kind) or pa.types.is_time(kind):
        return _column([None if row is None else row[:_CHARACTERS] for row in _texts(column).to_pylist()])
    return _dated(column)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    plain = not _nested(kind) and not pa.types.is_binary(kind)
    return _dated(column) if plain else _texts(column)


def _dated(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write times that Python cannot hold, such as infinity, as text."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        try:
            pc.min_max(column).as_py()
        except (OverflowError, ValueError):
            return _column([None if value is None else str(value) for value in values_of(column)])
    return column


def _items(row: list[Any] | None, length: int | None) -> str | None:
    if row is None or length is None:
        return None
    items = ", ".join(f"{item:.4g}" if isinstance(item, float) else str(item) for item in row)[:_CHARACTERS]
    return f"[{items}]" if length <= _ITEMS else f"[{items}, … {length:,} in all]"


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if _list(kind) and pa.types.is_floating(kind.value_type):  # vectors: many numbers, so not one by one
        joined = pc.binary_join(column.cast(pa.list_(pa.string())), ", ")
        if joined.null_count == column.null_count:
            return pc.binary_join_element_wise("[", joined, "]", "")
    return _column([None if row is None else _text(row) for row in values_of(column)])


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else str(value)


def _column(rows: list[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([rows], pa.string())


def _list(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _foreign(kind: pa.DataType) -> bool:
    own: bool = pa.types.is_union(kind) or pa.types.is_interval(kind) or pa.types.is_null(kind)
    return own or any(_foreign(kind.field(index).type) for index in range(kind.num_fields))


def _nested(kind: pa.DataType) -> bool:
    return bool(kind.num_fields) or _foreign(kind)
