"""Which columns of a table of prompts are the template, its choices and so on, by their names as people write them; the
template by what it holds, too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError
from taskatlas.ingest.cells import plain_name, repetition_as_words

Row = Mapping[str, Any]

TEMPLATE = "template"
_CALLED: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "prompt_name", "template_name", "title", "prompt_id", "id"),
    TEMPLATE: (
        "template", "prompt", "text", "prompt_template", "prompt_text", "template_text", "prompts", "instruction",
    ),
    "choices": ("choices", "answer_choices", "options", "answers", "answer_options", "verbalizers"),
    "labels": ("labels", "label_names", "classes"),
    "family": ("family",),
    "description": ("description",),
    "system": ("system", "system_prompt", "system_message"),
}  # fmt: skip
"""Part of a prompt → what its column is called, the first that is there."""
_STANDARD = frozenset({*_CALLED, "prompt", "text"})
"""What is no guess."""
_OF_ROWS = frozenset({"label", "text_pair", "input", "output", "response", "completion"})
"""Columns that rows of data have, and prompts have not."""
_OF_PROMPTS = frozenset({"name", "prompt_name", "template_name", "choices", "answer_choices"})
"""The other way round: beside one of them, a column called text holds templates."""
_PLACE = re.compile(r"\{\s*[^\W\d]\w*\s*\}")
_SHARE = 0.5
"""Of the cells of a column, from which on places for a text make it the templates."""
_SHOWN = 40
_TODO = "name its columns name, template and choices; labelled rows are for `taskatlas add dataset FILE`"


@dataclass(frozen=True)
class PromptColumns:
    """The columns of a table of prompts.

    Attributes:
        of_part: part of a prompt → its column.
        guess: for a person, which of them are not called as they should be; may be empty.
        others: columns of which nothing is made.
    """

    of_part: Mapping[str, str]
    guess: str
    others: tuple[str, ...]


def has_templates(names: Sequence[str]) -> bool:
    """Return whether a column is called as templates are, and not as the instructions of rows of data."""
    known = set(map(plain_name, names))
    return bool(known & ({*_CALLED[TEMPLATE]} - ({"instruction"} if _OF_ROWS & known else set())))


def prompt_columns(names: Sequence[str], rows: Sequence[Row], file: Path) -> PromptColumns:
    """Return which columns of a table are what.

    Args:
        names: of its columns, in their order.
        rows: column → cell.
        file: the table.

    Raises:
        InputError: it holds texts, with their labels or without, or nothing that could be a template; or several
            columns have one name.

    """
    _require_prompts(names, file)
    of_part = {part: column for part, usual in _CALLED.items() if (column := _called(names, usual)) is not None}
    if TEMPLATE not in of_part:
        of_part[TEMPLATE] = _with_places(names, rows, file)
    _require_one_each(names, of_part, file)
    _require_places(names, rows, of_part, file)
    guessed = [
        f"{part} is {column[:_SHOWN]}" for part, column in of_part.items() if plain_name(column) not in _STANDARD
    ]
    others = dict.fromkeys(name for name in names if name and name not in of_part.values())
    return PromptColumns(of_part, f"guessed: {', '.join(guessed)}" if guessed else "", tuple(others))


def _require_prompts(names: Sequence[str], file: Path) -> None:
    known = set(map(plain_name, names)) - {""}
    rows = _OF_ROWS & known
    if rows and (known & {"text", "instruction"}) and not known & {"template", "prompt"}:
        raise _holds_texts("texts with their labels" if "label" in rows else "texts", file)
    if known == {"text"}:
        raise _holds_texts("texts", file)


def _require_places(names: Sequence[str], rows: Sequence[Row], of_part: Mapping[str, str], file: Path) -> None:
    """Refuse texts that have no place for another, where nothing else says that they are prompts."""
    known = set(map(plain_name, names))
    may_be_data = bool(_OF_ROWS & known) or not (known & {"template", "prompt"} or known & _OF_PROMPTS)
    if may_be_data and _share_with_places([row.get(of_part[TEMPLATE]) for row in rows]) < _SHARE:
        raise _holds_texts("texts without a place for another", file)


def _holds_texts(what: str, file: Path) -> InputError:
    todo = "run `taskatlas add dataset FILE`, which writes its card"
    return InputError(f"holds {what}, and no prompts", where=str(file), todo=todo)


def _called(names: Sequence[str], usual: Sequence[str]) -> str | None:
    return next((name for each in usual for name in names if plain_name(name) == each), None)


def _with_places(names: Sequence[str], rows: Sequence[Row], file: Path) -> str:
    """Return the column that has places for texts in most of its cells."""
    shares = {name: _share_with_places([row.get(name) for row in rows]) for name in names if name}
    best = max(shares, key=shares.__getitem__, default="")
    if not best or shares[best] < _SHARE or _OF_ROWS & set(map(plain_name, names)):
        listed = ", ".join(name[:_SHOWN] for name in names[:20])
        what = f"has no column called template, prompt or text; there are: {listed}"
        raise InputError(what, where=str(file), todo=_TODO)
    return best


def _share_with_places(cells: Sequence[object]) -> float:
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return sum(bool(_PLACE.search(text)) for text in texts) / max(1, len(texts))


def _require_one_each(names: Sequence[str], of_part: Mapping[str, str], file: Path) -> None:
    plain = list(map(plain_name, names))
    for column in of_part.values():
        places = [at for at, name in enumerate(plain, start=1) if name and name == plain_name(column)]
        if len(places) > 1:
            raise InputError(
                repetition_as_words((plain_name(column), places)), where=str(file), todo="rename all but one"
            )
