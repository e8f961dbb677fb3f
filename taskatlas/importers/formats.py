"""The formats of prompts and of instructions, told apart by what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers import alpaca, bonito, evals, harness, prompttable, sharegpt
from taskatlas.importers.draft import Template
from taskatlas.importers.files import (
    MAX_ROW_BYTES,
    parse_json,
    parse_tagged_yaml,
    read_text,
    require_fields,
)
from taskatlas.importers.instructions import Instructions, read_instructions
from taskatlas.importers.langchain import is_langchain, langchain_template
from taskatlas.importers.ownprompt import is_own_prompt
from taskatlas.importers.promptcolumns import has_templates
from taskatlas.importers.promptfoo import is_promptfoo, promptfoo_rows, promptfoo_templates, promptfoo_title
from taskatlas.importers.promptsource import promptsource_templates
from taskatlas.importers.prompty import is_prompty, prompty_template
from taskatlas.importers.rows import AskedRow, grouped

MAX_ROWS = 1_000_000


class UnknownFormatError(InputError):
    """A file is of no format that is imported."""


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes:
        templates: prompts that become cards.
        instructions: what comes with rows, and becomes a dataset where they allow it.
        card: the fields of a prompt card of another project.
        note: what a person should know of the file; may be empty.
    """

    templates: tuple[Template, ...] = ()
    instructions: tuple[Instructions, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


_Row = Callable[[Mapping[str, Any]], AskedRow | None]
_ROWS: tuple[tuple[frozenset[str], str, _Row, dict[str, bool]], ...] = (
    (bonito.FIELDS, "Bonito", bonito.bonito_row, {"titles": True}),
    (evals.FIELDS, "OpenAI evals", evals.evals_row, {"as_system": True}),
    (alpaca.FIELDS, "Alpaca", alpaca.alpaca_row, {}),
    (sharegpt.FIELDS[0], "ShareGPT", sharegpt.sharegpt_row, {"as_system": True}),
    (sharegpt.FIELDS[1], "chats", sharegpt.sharegpt_row, {"as_system": True}),
)
"""The fields that tell a format of rows, what it is called, what makes a row of it, and how rows go together."""


def read_contents(file: Path, encoding: str | None = None) -> Contents:
    """Read what a file holds.

    Args:
        file: the file.
        encoding: of a table; None: found out.

    Raises:
        InputError: it cannot be read, or is of no known format.
        CardError: it is YAML that does not hold together.

    """
    suffix = file.suffix.lower()
    if suffix in prompttable.SUFFIXES:
        return _of_table(prompttable.read_table(file, encoding), file)
    text = read_text(file, MAX_ROW_BYTES if suffix in {".json", ".jsonl"} else None)
    if suffix not in {".yaml", ".yml"} and text.lstrip()[:1] in {"{", "["}:
        return _of_json(text, file)
    if is_prompty(text) and suffix not in {".yaml", ".yml"}:
        return Contents((prompty_template(text, file),))
    return _of_any(parse_tagged_yaml(text, file), file)


def _of_json(text: str, file: Path) -> Contents:
    if text.lstrip().startswith("{") and not _has_lines(text, file):
        return _of_any(parse_json(text, file), file)
    if text.lstrip().startswith("["):
        return _of_any(parse_json(text, file, number=str), file)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return _of_any([parse_json(line, file, line=number, number=str) for number, line in lines[: MAX_ROWS + 1]], file)


def _has_lines(text: str, file: Path) -> bool:
    """Return whether a text that begins with an object is one object per line."""
    first, _, rest = text.strip().partition("\n")
    if file.suffix.lower() == ".jsonl":
        return True
    return first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _of_any(content: Any, file: Path) -> Contents:
    if isinstance(content, list):
        return _of_rows(content, file)
    fields = require_fields(content, file)
    if {"Definition", "Instances"} & set(fields):
        return Contents(instructions=(read_instructions(fields, file),))
    if is_promptfoo(fields):
        return _of_promptfoo(fields, file)
    if "templates" in fields:
        return Contents(tuple(promptsource_templates(fields, file)))
    if is_langchain(fields):
        return Contents((langchain_template(fields, file),))
    if harness.FIELDS & set(fields):
        return Contents((harness.harness_template(fields, file),))
    if is_own_prompt(fields):
        return Contents(card=fields)
    return _of_rows([fields], file)


def _of_rows(rows: Sequence[Any], file: Path) -> Contents:
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise _unknown(file, "holds no objects")
    if len(rows) > MAX_ROWS:
        raise InputError(f"holds more than {MAX_ROWS:,} rows", where=str(file), todo="cut it into several files")
    common = set.intersection(*(set(row) for row in rows))
    for fields, form, to_row, how in _ROWS:
        if fields <= common:
            instructions, note = grouped([to_row(row) for row in rows], file, form, **how)
            return Contents(instructions=tuple(instructions), note=note)
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    if not has_templates(names):
        raise _unknown(file, f"its fields are {', '.join(name[:40] for name in names[:8])}")
    return _of_table(prompttable.PromptTable(tuple(names), tuple(rows)), file)


def _of_table(table: prompttable.PromptTable, file: Path) -> Contents:
    templates, note = prompttable.table_templates(table, file)
    return Contents(tuple(templates), note=note)


def _of_promptfoo(fields: Mapping[str, Any], file: Path) -> Contents:
    templates = promptfoo_templates(fields, file)
    rows, title = promptfoo_rows(fields, templates), promptfoo_title(fields, file)
    if not rows:
        untold = "nothing is made of its tests: they do not have one text and one expected answer each"
        return Contents(tuple(templates), note=untold if fields.get("tests") else "")
    instructions = Instructions(title, "", tuple(rows), (), title, "", "", format="promptfoo", prompts=False)
    return Contents(tuple(templates), (instructions,))


def _unknown(file: Path, why: str) -> UnknownFormatError:
    what = f"is in no format that is imported: {why}"
    return UnknownFormatError(what, where=str(file), todo="look at docs/formats.md for those that are")
