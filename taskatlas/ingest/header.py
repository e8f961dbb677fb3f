"""Which columns a file has, before anybody says which of them count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskatlas.ingest.cells import Held
from taskatlas.ingest.columnar import arrow_held, parquet_held
from taskatlas.ingest.delimited import csv_header
from taskatlas.ingest.formats import Form, format_of, require_readable
from taskatlas.ingest.sheets import xlsx_header
from taskatlas.ingest.text_files import json_held


@dataclass(frozen=True)
class Header:
    """The columns of a file.

    Attributes:
        names: those that hold one value per row, in the order of the file.
        delimiter: what separates the cells of a CSV or TSV file; None of other files.
        within: single values within columns, named with a dot.
        lists: columns that hold a list of values per row, themselves or within.
    """

    names: tuple[str, ...]
    delimiter: str | None = None
    within: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


def read_header(path: Path, display_name: str, form: Form) -> Header:
    """Read which columns a file has.

    Raises:
        InputError: it is of no known format, or not whole.
    """
    require_readable(path, display_name)
    match format_of(path):
        case ".csv" | ".tsv" as kind:
            usual = "\t" if kind == ".tsv" else ","
            names, delimiter = csv_header(path, display_name, form.encoding, delimiter=form.delimiter, usual=usual)
            return Header(tuple(names), delimiter)
        case ".json" | ".jsonl":
            return _of_held(json_held(path, display_name, form.encoding))
        case ".parquet":
            return _of_held(parquet_held(path, display_name))
        case ".feather" | ".arrow":
            return _of_held(arrow_held(path, display_name))
        case ".xlsx":
            return Header(tuple(xlsx_header(path, display_name)))
        case _:
            return Header(("text",))


def _of_held(held: Held) -> Header:
    names = tuple(path[0] for path, kind in held.items() if len(path) == 1 and kind == "value")
    dotted = {".".join(path): kind for path, kind in held.items() if path[0] not in names}
    within = tuple(name for name, kind in dotted.items() if kind == "value")
    return Header(names, None, within, tuple(name for name, kind in dotted.items() if kind == "list"))
