"""The rows of the files that a person brings, all columns, before anybody says which of them count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from taskatlas.adding.files import DataFiles
from taskatlas.adding.guesses import DraftedField
from taskatlas.errors import InputError
from taskatlas.ingest.cells import in_turn, repeated_columns, repetition_as_words
from taskatlas.ingest.clean import clean_text
from taskatlas.ingest.delimited import SEPARATORS
from taskatlas.ingest.formats import TEXT_SUFFIXES, Form, format_of, read_file
from taskatlas.ingest.guess import guess_encoding
from taskatlas.ingest.header import read_header

_TABS = ("\\t", "tab")
"""How a person types a tab."""


@dataclass(frozen=True)
class RowsAsBrought:
    """The columns of a dataset's files.

    Attributes:
        columns: column of single values → its cells, cleaned; '' where there is none. The rows of the train file come
            first.
        within: the same of single values within columns, named with a dot, and of lists, as JSON writes them.
        repeated: names that several columns have, of which none is read → at which places.
        form: how the files are read.
        guesses: what was guessed of their form.
    """

    columns: Mapping[str, Sequence[str]]
    within: Mapping[str, Sequence[str]]
    repeated: Mapping[str, Sequence[int]]
    form: Form
    guesses: tuple[DraftedField, ...]

    @property
    def cells(self) -> Mapping[str, Sequence[str]]:
        """All of them: columns, what is within, and lists."""
        return {**self.columns, **self.within}

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
        guess = _encoding(files.paths, encoding)
        encoding = guess.value
        guesses.append(guess)
    form = Form(encoding or "utf-8", delimiter)
    header = read_header(first, first.name, form)
    if header.delimiter:
        named = SEPARATORS.get(header.delimiter, repr(header.delimiter))
        why = "" if delimiter else f"which make {len(header.names)} columns"
        guesses.append(DraftedField("cells", f"separated by {named}", why, "--delimiter"))
    repeated = repeated_columns(header.names)
    if repeated:
        guesses.append(DraftedField("not read", ", ".join(map(repetition_as_words, repeated.items()))))
    names = [name for name in header.names if name and name not in repeated]
    if not names:
        raise InputError("no column has a name of its own", where=first.name, todo="name the columns in the first row")
    headers = [header, *(read_header(path, path.name, form) for path in files.paths[1:])]
    lists = [name for name in header.lists if all(name in each.lists for each in headers)]
    within = [name for name in header.within if all(name in each.within for each in headers)] + lists
    with_lists = replace(form, lists=dict.fromkeys(lists, "json"))
    raw = in_turn(
        (read_file(path, path.name, [*names, *within], with_lists) for path in files.paths), [*names, *within]
    )
    cleaned = {name: [clean_text(cell or "") for cell in cells] for name, cells in raw.items()}
    further = {name: cleaned.pop(name) for name in within}
    return RowsAsBrought(cleaned, further, repeated, form, tuple(guesses))


def _encoding(paths: Sequence[Path], said: str | None) -> DraftedField:
    if said:
        return DraftedField("encoding", said)
    found = guess_encoding({path.name: path for path in paths})
    return DraftedField("encoding", found.name, found.why, "--encoding")
