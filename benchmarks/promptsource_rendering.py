"""What a template of PromptSource shows of a row, to hold a card to: both are rendered for made-up rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jinja2 import Environment, TemplateError, nodes

from taskatlas.importers.lists import list_columns
from taskatlas.importers.paths import dotted, folded_paths
from taskatlas.importers.syntax import names_in
from taskatlas.predict.render import InputRow, answers_by_row, render_inputs
from taskatlas.schemas.inputs import CHOICE_LABELS
from taskatlas.schemas.prompts import PromptCard

ROWS = 6
"""Rows that a card is tried on at most."""
ROLE = re.compile(r"\b(text|text_pair|(?<=field )\w+) is ([^,;]+)")
NAMED = re.compile(r"(?:^|[ ,])fields ([^;]+)")
OWN = re.compile(r"each row's own choices, of ([^;]+)")
_environment = Environment(autoescape=False)  # noqa: S701 - prompts are no HTML
# PromptSource's own filters; which of several right answers is taken changes nothing of what is asked
_environment.filters |= {"choice": lambda items: items[0], "most_frequent": lambda items: items[:1]}


def compared(fields: Mapping[str, Any], card: PromptCard, note: str) -> str:
    """Whether a card shows of a row what its template does, and has the same answers."""
    jinja, choices = str(fields["jinja"]), str(fields.get("answer_choices") or "")
    looked_at = 0
    for row in islice(_rows(jinja, choices), ROWS):
        try:
            answers = [each.strip() for each in _rendered(choices, row).split("|||")] if choices.strip() else []
            whole = _rendered(jinja, row | ({"answer_choices": answers} if answers else {}))
        except (TemplateError, TypeError, ValueError, IndexError, KeyError, AttributeError):
            continue
        if "|||" not in whole:
            continue  # the template leaves this row out
        looked_at += 1
        own = _input(card, note, row)
        shown = whole.split("|||")[0].strip()
        if " ".join(render_inputs(card, [own])[0].split()) != " ".join(shown.split()):
            return "another text"
        if answers and [each for each in answers_by_row(card, [own])[0] if each] != answers:
            return "other answers"
    return "the same" if looked_at else "not to be compared"


def _rendered(template: str, row: Mapping[str, object]) -> str:
    return _environment.from_string(template).render(row)


def _rows(jinja: str, choices: str) -> Iterator[dict[str, Any]]:
    """Rows with all that a template names: lists where it takes a column for one, and what it compares columns with."""
    whole = _environment.parse(folded_paths(f"{jinja} {choices}"))
    names = sorted(names_in(whole) - {"answer_choices", "loop", "range", "zip"})
    lists = list_columns(whole)
    constants: dict[str, list[object]] = {}
    for each in whole.find_all(nodes.Compare):
        sides = [each.expr, *(operand.expr for operand in each.ops)]
        values = [side.value for side in sides if isinstance(side, nodes.Const)]
        for side in sides:
            for name in side.find_all(nodes.Name) if not isinstance(side, nodes.Name) else [side]:
                constants.setdefault(name.name, []).extend(values)
    for number in range(ROWS):
        row: dict[str, Any] = {}
        for name in names:
            listed = [f"{dotted(name)} {place} of it." for place in CHOICE_LABELS[: max(4, choices.count("|||") + 1)]]
            given = constants.get(name, [])
            value: object = listed if name in lists else f"The {dotted(name)} of it, {number}."
            if name not in lists and given and number < len(given):
                value = given[number]
            elif _is_index(whole, name):
                value = number % 2
            put(row, dotted(name).split("."), value)
        yield row


def _is_index(tree: nodes.Template, name: str) -> bool:
    """Whether a column counts a place."""
    return any(name in names_in(each.arg) for each in tree.find_all(nodes.Getitem))


def put(row: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value into a row, within the columns that lead to it."""
    for step in path[:-1]:
        row = row.setdefault(step, {})
    if isinstance(row, dict):
        row[path[-1]] = value


def _input(card: PromptCard, note: str, row: Mapping[str, Any]) -> InputRow:
    """The row as a dataset's card would give it, by what the note says of columns."""
    columns = dict(ROLE.findall(note))
    columns |= {name: name for found in NAMED.findall(note) for name in found.split(", ")}
    own = OWN.search(note)
    taken = own[1].split(", ") if own else []
    values = [_value(row, column) for column in taken]
    choices = values[0] if len(values) == 1 else values
    texts = {variable: _text(_value(row, column)) for variable, column in columns.items()}
    for variable in ("text", "text_pair"):
        texts.setdefault(variable, _text(row.get(variable, "")))
    fields = tuple((name, texts.get(name) or _text(row.get(name, ""))) for name in card.fields)
    return InputRow(texts["text"], texts["text_pair"] or None, fields, tuple(choices or ()))


def _value(row: Mapping[str, Any], column: str) -> Any:
    found: Any = row
    for step in column.strip().split("."):
        found = found[int(step)] if isinstance(found, list) else found.get(step, "") if found else ""
    return found


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
