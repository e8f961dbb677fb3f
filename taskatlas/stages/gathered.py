"""Tables that are put together from parts. One whose parts are those of an earlier release is known by its hash: what a
release costs is what has changed in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from taskatlas.errors import DamagedPartError
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.store.content import Content, prepare_table
from taskatlas.store.parts import Parts, shape_id


def gather(parts: Parts, table: str, keys: Iterable[str]) -> pa.Table:
    """Return the rows of a table's parts, each once."""
    rows = [parts.read(table, key) for key in dict.fromkeys(keys)]
    return pa.concat_tables(rows) if rows else TABLES[table].schema.empty_table()


def content_of_parts(parts: Parts, table: str, keys: Sequence[str]) -> Content:
    """Return a table as it is published: part table_contents/`key` knows its hash, and its rows are read if they must.

    Args:
        parts: of the project.
        table: name of the table.
        keys: of its parts.
    """
    key = GRAPH["table_contents"].key(table, keys, shape_id(TABLES[table].schema))
    if not parts.has("table_contents", key):
        content = _prepared(parts, table, keys)
        parts.write("table_contents", key, pa.table({}), {"sha256": content.sha256})
        return content
    sha256 = str(parts.manifest("table_contents", key)["sha256"])

    def load() -> pa.Table:
        content = _prepared(parts, table, keys)
        if content.sha256 != sha256:  # as vectors do that were timed, or rounded, otherwise
            parts.remove("table_contents", key)
            what = f"parts of the table {table} were made anew since it was published"
            raise DamagedPartError(what, kind="table_contents")
        return content.rows

    return Content(sha256, load)


def _prepared(parts: Parts, table: str, keys: Iterable[str]) -> Content:
    rows = gather(parts, table, keys)
    return prepare_table(_first_of_each(rows, TABLES[table].key) if table == "predictions" else rows, table)


def _first_of_each(rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """One row per key: a text that two datasets share is answered once for each, and equally."""
    frame = rows.select(list(key)).to_pandas()
    return rows.filter(pa.array(~frame.duplicated().to_numpy()))
