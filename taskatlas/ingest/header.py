"""Which columns a file has, before anybody says which of them count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskatlas.ingest.columnar import arrow_header, parquet_header
from taskatlas.ingest.delimited import csv_header
from taskatlas.ingest.formats import Form, format_of, require_readable
from taskatlas.ingest.sheets import xlsx_header
from taskatlas.ingest.text_files import json_keys


@dataclass(frozen=True)
class Header:
    """The columns of a file that hold one value per row.

    Attributes:
        names: in the order of the file.
        delimiter: what separates the cells of a CSV or TSV file; None of other files.
    """

    names: tuple[str, ...]
    delimiter: str | None = None


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
            return Header(tuple(json_keys(path, display_name, form.encoding)))
        case ".parquet":
            return Header(tuple(parquet_header(path, display_name)))
        case ".feather" | ".arrow":
            return Header(tuple(arrow_header(path, display_name)))
        case ".xlsx":
            return Header(tuple(xlsx_header(path, display_name)))
        case _:
            return Header(("text",))
