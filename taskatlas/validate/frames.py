"""Published tables as pandas frames that Great Expectations can judge quickly: one scalar per cell.

A list column gives way to scalars about it. `vector` becomes vector_length, vector_min, vector_max, vector_sum,
vector_norm and vector_nonfinite (how many entries are null, NaN or infinite); a list of strings or integers becomes
its length and its number of distinct entries. Where the list is null, so are they.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

# Rows whose list entries are in memory as numbers at the same time.
_ROWS = 1024


def frame(rows: pa.Table) -> pd.DataFrame:
    """Return `rows` as a pandas frame with scalar columns only."""
    columns: dict[str, pa.ChunkedArray | npt.NDArray[np.float64]] = {}
    for field in rows.schema:
        column = rows[field.name]
        if not pa.types.is_list(field.type):
            columns[field.name] = column
            continue
        scalars = _of_floats(column) if pa.types.is_floating(field.type.value_type) else _of_names(column)
        columns.update({f"{field.name}_{name}": values for name, values in scalars.items()})
    return pa.table(columns).to_pandas()


def _of_names(column: pa.ChunkedArray) -> dict[str, pa.Array]:
    lists = column.to_pylist()
    distinct = [None if entries is None else len(set(entries)) for entries in lists]
    return {"length": pc.list_value_length(column), "distinct": pa.array(distinct, pa.int64())}


def _of_floats(column: pa.ChunkedArray) -> dict[str, pa.Array]:
    length = pc.list_value_length(column)
    chunks: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in ("min", "max", "sum", "norm", "nonfinite")}
    for start in range(0, len(column), _ROWS):
        for name, values in _reduce(column.slice(start, _ROWS).combine_chunks()).items():
            chunks[name].append(values)
    scalars = {name: np.concatenate([*values, np.empty(0)]) for name, values in chunks.items()}
    return {"length": length, **{name: pa.array(values, from_pandas=True) for name, values in scalars.items()}}


def _reduce(lists: pa.ListArray) -> dict[str, npt.NDArray[np.float64]]:
    """Return scalars of each list by name, float64 [lists]: NaN where the list is null; 0 and NaN where it is empty."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    values = lists.flatten().to_numpy(zero_copy_only=False)
    full = lengths > 0
    # reduceat takes the start of every list; an empty list has none of its own, so only full ones are counted.
    starts = (np.cumsum(lengths) - lengths)[full]
    null = lists.is_null().to_numpy(zero_copy_only=False)
    empty = np.where(null, np.nan, 0.0)
    scalars = {"min": np.full(len(lists), np.nan), "max": np.full(len(lists), np.nan)}
    scalars |= {name: empty.copy() for name in ("sum", "norm", "nonfinite")}
    if full.any():
        scalars["min"][full] = np.minimum.reduceat(values, starts)
        scalars["max"][full] = np.maximum.reduceat(values, starts)
        scalars["sum"][full] = np.add.reduceat(values, starts, dtype=np.float64)
        scalars["norm"][full] = np.sqrt(np.add.reduceat(np.square(values), starts, dtype=np.float64))
        scalars["nonfinite"][full] = np.add.reduceat(~np.isfinite(values), starts, dtype=np.float64)
    return scalars
