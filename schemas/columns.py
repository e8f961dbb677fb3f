"""How a table is written down: its columns, each with its meaning, and its primary key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """One published table: its name, what a row is, its primary key and its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    schema: pa.Schema

    def columns(self) -> Iterator[tuple[str, str, bool, str]]:
        """(name, type, nullable, meaning) of every column, in order."""
        for field in self.schema:
            yield field.name, str(field.type), field.nullable, (field.metadata or {}).get(b"doc", b"").decode()


STRINGS = pa.list_(pa.string())
FLOATS = pa.list_(pa.float32())
FIELDS = pa.map_(pa.string(), pa.string())


def table(name: str, row: str, key: str, *columns: pa.Field) -> Table:
    """A table; `key` holds the names of its key's columns, with spaces between."""
    return Table(name, row, tuple(key.split()), pa.schema(columns))


def column(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column of any type, with its meaning."""
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


def text(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column of strings."""
    return column(name, pa.string(), doc, nullable=nullable)


def number(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column of float64."""
    return column(name, pa.float64(), doc, nullable=nullable)


def count(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column of int64."""
    return column(name, pa.int64(), doc, nullable=nullable)


def names(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column of lists of strings."""
    return column(name, STRINGS, doc, nullable=nullable)
