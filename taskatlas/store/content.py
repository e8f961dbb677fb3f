"""Rows as they are published: fitted to their schema, sorted by their key, known by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import StoreError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import fit

PUBLISHED = tuple(name for name in TABLES if name != "releases")
"""The tables that a publisher gives; `releases` is written by the warehouse."""


@dataclass(frozen=True)
class Content:
    """The rows of one table, ready to be published.

    Attributes:
        sha256: of their values and types.
        load: makes the rows where somebody wants them; often nobody does, as the hash says that they are known.
    """

    sha256: str
    load: Callable[[], pa.Table]

    @cached_property
    def rows(self) -> pa.Table:
        """The rows, fitted to their schema and sorted by their key."""
        return self.load()


def prepare(tables: Mapping[str, pa.Table | Content]) -> dict[str, Content]:
    """Check all tables of a release before any of them is written.

    Raises:
        StoreError: a table is missing or unknown, does not fit its schema, or has two rows of one key.
    """
    if set(tables) != set(PUBLISHED):
        missing, unknown = sorted(set(PUBLISHED) - set(tables)), sorted(set(tables) - set(PUBLISHED))
        wrong = [f"{word} {', '.join(names)}" for word, names in (("missing", missing), ("unknown", unknown)) if names]
        raise StoreError(f"a release needs every table: {'; '.join(wrong)}", todo="give every table once")
    return {name: prepare_table(tables[name], name) for name in PUBLISHED}


def prepare_table(rows: pa.Table | Content, name: str) -> Content:
    """Check one table before it is written; for errors see `prepare`."""
    if isinstance(rows, Content):
        return rows
    key = TABLES[name].key
    rows = fit(rows, name).sort_by([(column, "ascending") for column in key])
    _check_key(rows, name, key)
    return Content(_sha256(rows), lambda: rows)


def _check_key(rows: pa.Table, name: str, key: tuple[str, ...]) -> None:
    """Rows sorted by their key hold every key once."""
    if rows.num_rows < 2:
        return
    same = pa.chunked_array([pa.array([True] * (rows.num_rows - 1))])
    for column in key:
        values = rows[column].combine_chunks()
        same = pc.and_(same, pc.equal(values[1:], values[:-1]))
    first = pc.index(same, True).as_py()
    if first >= 0:
        values = ", ".join(f"{column} {rows[column][first].as_py()!r}" for column in key)
        raise StoreError(
            f"{pc.sum(same).as_py()} rows repeat the key ({', '.join(key)}), first {values}",
            where=f"table {name}",
            todo="remove the rows that were given twice",
        )


def _sha256(rows: pa.Table) -> str:
    """The same rows in any order and any chunks have one hash; it is free of the columns' descriptions."""
    sha = hashlib.sha256(repr([(field.name, str(field.type), field.nullable) for field in rows.schema]).encode())
    for batch in rows.combine_chunks().to_batches():
        if batch.num_rows:
            sha.update(batch.serialize())
    return sha.hexdigest()
