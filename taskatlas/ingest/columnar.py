"""Parquet files and Hugging Face datasets → columns of raw strings.

Nothing that comes with the data is run: `datasets` 5 loads data files only, and a folder with a script is an error.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from taskatlas.errors import InputError
from taskatlas.ingest.formats import MAX_CELL, Columns, require_columns, require_rows


def read_parquet(path: Path, display_name: str, column_names: Sequence[str]) -> Columns:
    """Read columns of a Parquet file.

    Raises:
        InputError: it is no Parquet file, lacks a column, or a column of it holds no text.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _require_flat(schema, column_names, display_name)
            return _as_text(file.read(columns=list(column_names)), column_names, display_name)
    except (pa.ArrowException, OSError, UnicodeError) as error:  # a damaged file can break anywhere
        reason = " ".join(str(error).split())[:200]
        todo = "write it again, or give the file the suffix of its format"
        raise InputError(f"this is not a whole Parquet file ({reason})", where=display_name, todo=todo) from error


def read_hub(
    dataset: str,
    display_name: str,
    column_names: Sequence[str],
    *,
    revision: str | None,
    config: str | None,
    split: str | None,
) -> Columns:
    """Read columns of a Hugging Face dataset; class codes become class names.

    Args:
        dataset: `owner/name` on the hub, or a folder with data files.
        display_name: the source as errors name it.
        column_names: the columns to read.
        revision: commit or tag of the hub dataset; None for a folder, which is read anew each time.
        config: name of the configuration, where there are several.
        split: name of the split; None for all splits, one after the other.

    Raises:
        InputError: it cannot be loaded or reached, or has no such split or column.
    """
    with tempfile.TemporaryDirectory() as scratch:
        loaded = _load(dataset, display_name, revision=revision, config=config, cache=None if revision else scratch)
        if split is not None and split not in loaded:
            todo = "name one of them at the end of the source, after a colon"
            raise InputError(
                f"no split is called {split!r}; there are: {', '.join(loaded)}", where=display_name, todo=todo
            )
        columns: Columns = {name: [] for name in column_names}
        for rows in (loaded[name] for name in ([split] if split else loaded)):
            _require_flat(rows.features.arrow_schema, column_names, display_name)
            cells = _as_text(rows.with_format("arrow")[:], column_names, display_name)
            for name, column in columns.items():
                column.extend(_class_names(rows.features[name], cells[name]))
    return require_rows(columns, display_name)


def _load(
    dataset: str, display_name: str, *, revision: str | None, config: str | None, cache: str | None
) -> dict[str, Any]:
    import datasets  # a second or more, and only needed here

    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(dataset, config, revision=revision, cache_dir=cache)
    except Exception as error:  # the library raises errors of many packages, with no common base
        reason = " ".join(f"{type(error).__name__}: {error}".split()).replace(dataset, display_name)[:300]
        todo = "check its name, revision and files, and the network; offline, keep its files in a folder: hf:./folder"
        raise InputError(f"the dataset cannot be loaded ({reason})", where=display_name, todo=todo) from error
    return dict(loaded)


def _class_names(feature: Any, cells: list[str | None]) -> list[str | None]:
    """Return names for the codes of a `ClassLabel` column; -1 is what such columns hold where there is no label."""
    names = getattr(feature, "names", None)
    if names is None:
        return cells
    return [None if cell in (None, "-1") else names[int(cell)] for cell in cells]


def _require_flat(schema: pa.Schema, column_names: Sequence[str], display_name: str) -> None:
    require_columns(column_names, schema.names, display_name)
    for name in column_names:
        kind = schema.field(name).type
        if pa.types.is_nested(kind):
            simple = re.match(r"\w+", str(kind))
            what = f"column {name!r} holds {simple.group() if simple else kind}s"
            raise InputError(what, where=display_name, todo="write it as text, or name another column")


def _as_text(table: pa.Table, column_names: Sequence[str], display_name: str) -> Columns:
    columns: Columns = {}
    for name in column_names:
        try:
            text = table[name].cast(pa.large_string())
            text.validate(full=True)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            what = f"column {name!r} ({table[name].type}) does not hold text"
            raise InputError(what, where=display_name, todo="write it as UTF-8 text, or name another column") from error
        long = pc.index(pc.greater(pc.utf8_length(text), MAX_CELL), pa.scalar(True)).as_py()
        if long >= 0:
            where, todo = f"{display_name}, row {long + 1}", "is it a whole file in one cell? Cut it"
            raise InputError(f"a cell has more than {MAX_CELL:,} characters", where=where, todo=todo)
        columns[name] = text.to_pylist()
    return require_rows(columns, display_name)
