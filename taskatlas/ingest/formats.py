"""Formats: how the name of a file ends tells how it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from taskatlas.errors import InputError
from taskatlas.ingest.cells import Columns, Lists
from taskatlas.ingest.columnar import read_arrow, read_parquet
from taskatlas.ingest.decode import PACKED
from taskatlas.ingest.delimited import read_csv
from taskatlas.ingest.sheets import read_xlsx
from taskatlas.ingest.text_files import read_json, read_jsonl, read_txt


@dataclass(frozen=True)
class Form:
    """What a card says of the form of a text file.

    Attributes:
        encoding: of its text.
        delimiter: between the cells of a CSV or TSV file; None: found out.
        lists: columns that may hold lists → whether these are given as JSON or as lines, an element each.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    lists: Lists = field(default_factory=dict)


Reader = Callable[[Path, str, Sequence[str], Form], Columns]
_TEXT: dict[str, Reader] = {
    ".csv": lambda path, shown, names, form: read_csv(path, shown, names, form.encoding, delimiter=form.delimiter),
    ".tsv": lambda path, shown, names, form: read_csv(
        path, shown, names, form.encoding, delimiter=form.delimiter, usual="\t"
    ),
    ".jsonl": lambda path, shown, names, form: read_jsonl(path, shown, names, form.encoding, form.lists),
    ".json": lambda path, shown, names, form: read_json(path, shown, names, form.encoding, form.lists),
    ".txt": lambda path, shown, names, form: read_txt(path, shown, names, form.encoding),
}
_BINARY: dict[str, Reader] = {
    ".parquet": lambda path, shown, names, form: read_parquet(path, shown, names, form.lists),
    ".feather": lambda path, shown, names, form: read_arrow(path, shown, names, form.lists),
    ".arrow": lambda path, shown, names, form: read_arrow(path, shown, names, form.lists),
    ".xlsx": lambda path, shown, names, _: read_xlsx(path, shown, names),
}
SUFFIXES = (*_TEXT, *_BINARY)
TEXT_SUFFIXES = frozenset(_TEXT)


def require_readable(path: Path, display_name: str) -> None:
    """Check that a file's name ends as that of a format that can be read.

    Raises:
        InputError: it does not.
    """
    if format_of(path) not in (_TEXT if path.suffix.lower() in PACKED else SUFFIXES):
        ending = "".join(path.suffixes[-2:]) if path.suffix.lower() in PACKED else path.suffix
        what = f"files of the format {ending or '(none)'} cannot be read"
        packed = f", or one of {' '.join(_TEXT)} packed as {' '.join(PACKED)}"
        raise InputError(what, where=display_name, todo=f"turn it into one of {' '.join(SUFFIXES)}{packed}")


def read_file(path: Path, display_name: str, column_names: Sequence[str], form: Form) -> Columns:
    """Read columns of a file in the format that its name tells.

    Raises:
        InputError: it is of no such format, not whole, lacks a column, or has no rows.
    """
    require_readable(path, display_name)
    return (_TEXT | _BINARY)[format_of(path)](path, display_name, column_names, form)


def format_of(path: Path) -> str:
    """Return the suffix of a file's format, without that of the packing.

    >>> format_of(Path("data/Reviews.CSV.gz"))
    '.csv'
    """
    name = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return name.suffix.lower()
