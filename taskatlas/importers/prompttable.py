"""Prompts as a table: a row per prompt, with the columns name, template, choices and so on; CSV, TSV, XLSX or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.braces import from_words
from taskatlas.importers.draft import Draft, Template, checked_choices, names_of
from taskatlas.importers.files import MAX_BYTES, read_bytes
from taskatlas.ingest.formats import Form, read_file
from taskatlas.ingest.header import read_header

SUFFIXES = (".csv", ".tsv", ".xlsx")
TEMPLATE_COLUMNS = ("template", "prompt", "text")
"""Of several, the first is the template."""
KNOWN = frozenset({*TEMPLATE_COLUMNS, "name", "choices", "labels", "family", "description", "system"})
MAX_ROWS = 10_000
_BARS = re.compile(r"\s*\|+\s*")
_TODO = "name its columns name, template and choices"

Row = Mapping[str, Any]


def read_table(file: Path, encoding: str | None) -> list[Row]:
    """Read the rows of a CSV, TSV or XLSX file.

    Raises:
        InputError: it cannot be read, or has no column for templates.

    """
    read_bytes(file, MAX_BYTES)  # which also tells folders, devices and what is too large
    form = Form() if encoding is None else Form(encoding=encoding)
    try:
        header = read_header(file, str(file), form)
        wanted = {name: name.lower() for name in header.names if name}
        require_templates(wanted.values(), file)
        columns = read_file(file, str(file), list(wanted), Form(form.encoding, header.delimiter))
    except InputError as error:
        raise _as_told_here(error) from error
    return [
        dict(zip((wanted[name] for name in columns), cells, strict=True))
        for cells in zip(*columns.values(), strict=True)
    ]


def require_templates(names: Iterable[str], file: Path) -> None:
    """Check that columns are those of prompts, and not of texts with their labels.

    Raises:
        InputError: they are not.

    """
    known = [name.lower() for name in names]
    rows = {"label", "text_pair", "output"} & set(known)
    if "text" in known and (rows or len(known) == 1) and not {"template", "prompt"} & set(known):
        raise _holds_texts("texts with their labels" if "label" in rows else "texts", file)
    if not set(TEMPLATE_COLUMNS) & set(known):
        listed = ", ".join(name[:40] for name in known[:20])
        raise InputError(
            f"has no column called template, prompt or text; there are: {listed}", where=str(file), todo=_TODO
        )
    if twice := next((name for name in known if known.count(name) > 1), None):
        raise InputError(
            f"{known.count(twice)} columns are called {twice!r}", where=str(file), todo="rename all but one"
        )


def _holds_texts(what: str, file: Path) -> InputError:
    todo = "run `taskatlas add dataset FILE`, which writes its card"
    return InputError(f"holds {what}, and no prompts", where=str(file), todo=todo)


def table_templates(rows: Sequence[Row], file: Path) -> list[Template]:
    """Return the templates of the rows of a table, each with what it says or why it cannot be taken.

    Raises:
        InputError: there are too many.

    """
    if len(rows) > MAX_ROWS:
        raise InputError(f"holds more than {MAX_ROWS:,} rows", where=str(file), todo="cut it into several files")
    lowered = [_lowered(row) for row in rows]
    column = _template_column(lowered)
    names = set().union(*lowered)
    if column == "text" and not {"name", "choices"} & names and not any("{" in str(row.get("text")) for row in lowered):
        raise _holds_texts("texts without a place for another", file)
    return [_template(row, column, f"row {number}", file) for number, row in enumerate(lowered, 1)]


def other_columns(rows: Sequence[Row]) -> list[str]:
    """Return the columns of a table of which nothing is made."""
    lowered = [_lowered(row) for row in rows]
    used = (KNOWN - {*TEMPLATE_COLUMNS}) | {_template_column(lowered), ""}
    return sorted({name for row in lowered for name in row} - used)


def _lowered(row: Row) -> dict[str, Any]:
    return {str(name).strip().lower(): value for name, value in row.items()}


def _template_column(rows: Sequence[Row]) -> str:
    return next(name for name in TEMPLATE_COLUMNS if any(name in row for row in rows))


def _template(row: Row, column: str, place: str, file: Path) -> Template:
    name = row.get("name")
    title = name.strip() if isinstance(name, str) and name.strip() else place
    about = (title,) if title != place else (*names_of(file), place)
    try:
        return Template(title, about, _draft(row, column))
    except TaskatlasError as error:
        return Template(title, about, InputError(error.what, where=error.where))


def _draft(row: Row, column: str) -> Draft:
    written = row.get(column)
    if not isinstance(written, str) or not written.strip():
        raise InputError(f"its {column} is empty")
    template, shows = from_words(written.strip())
    choices, labels = _listed(row, "choices"), _listed(row, "labels")
    if choices and labels and len(choices) != len(labels):
        raise InputError(f"it has {len(choices)} choices and {len(labels)} labels")
    card = {name: row[name].strip() for name in ("description", "system") if _has_text(row, name)}
    family = [row["family"].strip()] if _has_text(row, "family") else []
    return Draft(
        template if shows else f"{template}\n\n{{{{ text }}}}",
        checked_choices(choices or labels) if choices or labels else (),
        frozenset({"label"}),
        in_order=True,
        note="" if shows else "the text comes after it",
        labels=labels,
        says_choices=False,
        card={**card, **({"families": family} if family else {})},
    )


def _listed(row: Row, column: str) -> tuple[str, ...]:
    """Return the texts of a cell: a list of JSON, or separated by bars."""
    value = row.get(column)
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value, parse_int=str, parse_float=str)
        except (ValueError, RecursionError) as error:
            raise InputError(f"its {column} begin as a list of JSON and are none") from error
    if isinstance(value, str):
        value = _BARS.split(value.strip()) if value.strip() else []
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InputError(f"its {column} are no texts: separate them by |")
    if len(value) == 1:
        raise InputError(f"its {column} are one: separate them by |")
    return tuple(each.strip() for each in value)


def _has_text(row: Row, column: str) -> bool:
    return isinstance(row.get(column), str) and bool(row[column].strip())


def _as_told_here(error: InputError) -> InputError:
    """Return an error of a reader with the advice that holds here, where no card says the encoding."""
    todo = error.todo.replace("set encoding: in the card, for example", "say --encoding, for example")
    todo = todo.replace("set encoding: in the card", "mend --encoding").replace("set encoding:", "say --encoding")
    return InputError(error.what, where=error.where, todo=todo.replace(" in the card", ""))
