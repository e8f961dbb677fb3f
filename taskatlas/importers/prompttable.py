"""Prompts as a table: a row per prompt, with the columns name, template, choices and so on; CSV, TSV, XLSX or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.advice import by_options
from taskatlas.importers.braces import from_words
from taskatlas.importers.columns import rename_columns
from taskatlas.importers.draft import Draft, Template, checked_choices, names_of
from taskatlas.importers.files import MAX_BYTES, read_bytes
from taskatlas.importers.promptcolumns import TEMPLATE, Row, prompt_columns
from taskatlas.importers.rowchoices import are_letters
from taskatlas.ingest.cells import repeated_columns
from taskatlas.ingest.formats import TEXT_SUFFIXES, Form, format_of, read_file
from taskatlas.ingest.guess import GuessedEncoding, guess_encoding
from taskatlas.ingest.header import read_header
from taskatlas.predict.sandbox import LIST
from taskatlas.schemas.prompts import ROW

SUFFIXES = (".csv", ".tsv", ".xlsx")
MAX_ROWS = 10_000
_BARS = re.compile(r"\s*\|+\s*(?![^{}]*\})")
"""Outside of braces, where they are filters."""
_ONE = re.compile(r"\{\{?\s*([^\W\d]\w*)\s*(?:\|\s*join\s*\([^()]*\)\s*)?\}?\}")
"""A cell that shows one column, which is the list of a row's choices."""


@dataclass(frozen=True)
class PromptTable:
    """The rows of a table as they stand there.

    Attributes:
        names: of its columns, in their order; '' of one without a name.
        rows: column → cell.
        note: what a person should know of how it was read; may be empty.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""


def read_table(file: Path, encoding: str | None) -> PromptTable:
    """Read the rows of a CSV, TSV or XLSX file.

    Args:
        file: the file.
        encoding: of its text; None: found out.

    Raises:
        InputError: it cannot be read, or has no rows.

    """
    read_bytes(file, MAX_BYTES)  # which also tells folders, devices and what is too large
    with by_options():
        found = _encoding(file, encoding)
        header = read_header(file, str(file), Form(found.name))
        repeated = repeated_columns(header.names)
        own = [name for name in header.names if name and name not in repeated]
        columns = read_file(file, str(file), own, Form(found.name, header.delimiter)) if own else {}
    rows = tuple(dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    return PromptTable(header.names, rows, f"read as {found.name}, {found.why}" if found.why else "")


def _encoding(file: Path, said: str | None) -> GuessedEncoding:
    if said is None and format_of(file) in TEXT_SUFFIXES:
        return guess_encoding({str(file): file})
    return GuessedEncoding(said or Form().encoding)


def table_templates(table: PromptTable, file: Path) -> tuple[list[Template], str]:
    """Return the templates of a table, each with what it says or why it cannot be taken; and what a person should know
    of the table, which may be nothing.

    Raises:
        InputError: there are too many, or it holds no prompts.

    """
    if len(table.rows) > MAX_ROWS:
        raise InputError(f"holds more than {MAX_ROWS:,} rows", where=str(file), todo="cut it into several files")
    columns = prompt_columns(table.names, table.rows, file)
    rows = [{part: row.get(column) for part, column in columns.of_part.items()} for row in table.rows]
    templates = [_template(row, f"row {number}", file) for number, row in enumerate(rows, 1)]
    unused = ", ".join(name[:40] for name in sorted(columns.others)[:10])
    how = "; ".join(filter(None, [table.note, columns.guess]))
    return _told_once(templates, how), f"nothing is made of its columns {unused}" if unused else ""


def _told_once(templates: list[Template], how: str) -> list[Template]:
    """Return templates of which the first one that can be taken says how the table was read."""
    at, draft = next(
        ((at, each.draft_or_error) for at, each in enumerate(templates) if isinstance(each.draft_or_error, Draft)),
        (0, None),
    )
    if draft is None or not how:
        return templates
    told = replace(draft, note="; ".join(filter(None, [how, draft.note])))
    return [*templates[:at], replace(templates[at], draft_or_error=told), *templates[at + 1 :]]


def _template(row: Row, place: str, file: Path) -> Template:
    name = row.get("name")
    title = name.strip() if isinstance(name, str) and name.strip() else place
    about = (title,) if title != place else (*names_of(file), place)
    try:
        return Template(title, about, _draft(row))
    except TaskatlasError as error:
        return Template(title, about, InputError(error.what, where=error.where))


def _draft(row: Row) -> Draft:
    written = row.get(TEMPLATE)
    if not isinstance(written, str) or not written.strip():
        raise InputError("its template is empty")
    template, shows = from_words(written.strip())
    labels, column = _listed(row, "labels"), _list_column(row)
    choices, of_rows = ((), True) if column is not None else _by_label(_listed(row, "choices"))
    if choices and labels and len(choices) != len(labels):
        raise InputError(f"it has {len(choices)} choices and {len(labels)} labels")
    if column is not None and not are_letters(labels):
        raise InputError("its choices are each row's own, whose labels are A, B and so on: leave its labels blank")
    card = {name: row[name].strip() for name in ("description", "system") if _has_text(row, name)}
    family = [row["family"].strip()] if _has_text(row, "family") else []
    whole = template if shows else f"{template}\n\n{{{{ text }}}}"
    said = choices or (() if column is not None else labels)
    return Draft(
        rename_columns(whole, {column: LIST}) if column else whole,
        checked_choices(said) if said else (),
        frozenset({"label"}),
        in_order=True,
        note="" if shows else "the text comes after it",
        labels=() if column is not None else labels,
        says_choices=False,
        row_columns=(column,) if column else (),
        asks_rows=of_rows,
        card={**card, **({"families": family} if family else {})},
    )


def _list_column(row: Row) -> str | None:
    """Return the column of which all elements are choices; '' where a cell says `row`, None where it says neither."""
    cell = row.get("choices")
    if not isinstance(cell, str):
        return None
    if cell.strip().casefold() == ROW:
        return ""
    match = _ONE.fullmatch(cell.strip())
    return match[1] if match else None


def _by_label(choices: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return choices as a card has them, and whether one of them shows a column, so that they are each row's own."""
    written = [from_words(choice) for choice in choices]
    of_rows = any(shows for _, shows in written)
    return (tuple(template for template, _ in written) if of_rows else choices), of_rows


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
