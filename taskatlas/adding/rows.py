"""The rows of the files that a person brings, all columns, before anybody says which of them count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from taskatlas.adding.files import DataFiles
from taskatlas.adding.guesses import DraftedField
from taskatlas.errors import InputError
from taskatlas.ingest.cells import in_turn
from taskatlas.ingest.clean import clean_text
from taskatlas.ingest.decode import PACKED, decode
from taskatlas.ingest.delimited import SEPARATORS
from taskatlas.ingest.formats import TEXT_SUFFIXES, Form, format_of, read_file
from taskatlas.ingest.header import read_header

_BEGINNING = 4096
_TABS = ("\\t", "tab")
"""How a person types a tab."""


@dataclass(frozen=True)
class RowsAsBrought:
    """The columns of a dataset's files.

    Attributes:
        columns: column → its cells, cleaned; '' where there is none. The rows of the train file come first.
        form: how the files are read.
        guesses: what was guessed of their form.
    """

    columns: Mapping[str, Sequence[str]]
    form: Form
    guesses: tuple[DraftedField, ...]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))


def read_rows(files: DataFiles, encoding: str | None, delimiter: str | None) -> RowsAsBrought:
    """Read all columns of a dataset's files.

    Args:
        files: one, or a train and a test file, which have the same columns.
        encoding: of their text; None: guessed.
        delimiter: between cells of CSV and TSV files; None: found by the header.

    Raises:
        InputError: a file cannot be read, or has no rows; or no encoding fits.
    """
    first = files.paths[0]
    delimiter = "\t" if delimiter in _TABS else delimiter
    if delimiter is not None and not re.fullmatch(r'[^"\r\n]', delimiter):
        todo = "give the one that stands between cells, such as ';' or tab"
        raise InputError(f"{delimiter!r} is no single character", where="--delimiter", todo=todo)
    guesses = []
    if format_of(first) in TEXT_SUFFIXES:
        guess = _encoding(first, encoding)
        encoding = guess.value
        guesses.append(guess)
    form = Form(encoding or "utf-8", delimiter)
    header = read_header(first, first.name, form)
    if header.delimiter:
        named = SEPARATORS.get(header.delimiter, repr(header.delimiter))
        why = "" if delimiter else f"which make {len(header.names)} columns"
        guesses.append(DraftedField("cells", f"separated by {named}", why, "--delimiter"))
    names = [name for name in header.names if name and header.names.count(name) == 1]
    if not names:
        raise InputError("no column has a name of its own", where=first.name, todo="name the columns in the first row")
    raw = in_turn((read_file(path, path.name, names, form) for path in files.paths), names)
    columns = {name: [clean_text(cell or "") for cell in cells] for name, cells in raw.items()}
    return RowsAsBrought(columns, form, tuple(guesses))


def _encoding(path: Path, encoding: str | None) -> DraftedField:
    """The first encoding in which the file is text: UTF-8, UTF-16 where it has bytes of zeros, Windows' own."""
    if encoding:
        return DraftedField("encoding", encoding)
    candidates = {"utf-8": "", **_wide(path), "windows-1252": "as it is not UTF-8"}
    fault: InputError | None = None
    for candidate, why in candidates.items():
        try:
            decode(path, path.name, candidate)
        except InputError as error:
            fault = fault or error
        else:
            return DraftedField("encoding", candidate, why, "--encoding")
    assert fault is not None
    raise fault


def _wide(path: Path) -> dict[str, str]:
    try:
        with pa.input_stream(path, compression=PACKED.get(path.suffix.lower())) as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return {}  # what is wrong with it is told where it is decoded
    if b"\0" not in beginning:
        return {}
    return {"utf-16-be" if beginning.index(b"\0") % 2 == 0 else "utf-16-le": "as every second byte is zero"}
