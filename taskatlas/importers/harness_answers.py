"""lm-evaluation-harness: which answers there are, and which column says the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.draft import checked_choices
from taskatlas.importers.harness_fields import writes
from taskatlas.importers.harness_rows import answer_columns, own_choices
from taskatlas.importers.rowchoices import RowChoices
from taskatlas.importers.syntax import is_blank, names_in, tree_of


@dataclass(frozen=True)
class HarnessAnswers:
    """The answers of a file.

    Attributes:
        choices: without white space at their ends; empty where answers are free text.
        columns: those that say the right one.
        in_order: whether the first choice stands for the first label, the second for the second, and so on.
        space: the white space that all choices begin with.
        note: what a person should know of them; may be empty.
        own: where they are each row's own.
    """

    choices: tuple[str, ...]
    columns: frozenset[str]
    in_order: bool
    space: str = ""
    note: str = ""
    own: RowChoices | None = None


def answers_of(fields: Mapping[str, Any]) -> HarnessAnswers:
    """Return the answers of a file.

    Raises:
        InputError: they depend on the row by a rule, are no texts, or are not what the target picks from.

    """
    _require_answers(fields)
    target = fields.get("doc_to_target")
    listed = listed_answers(target)
    if (own := own_choices(fields.get("doc_to_choice"))) is not None:
        columns, note = answer_columns(target, own)
        return HarnessAnswers(own.texts, columns, in_order=True, note=note, own=own)
    if not writes(fields) or fields.get("doc_to_choice") is not None:
        raw = raw_choices(fields.get("doc_to_choice"))
        choices = checked_choices(raw)
        columns, in_order = _target_columns_and_order(target)
        if listed:
            in_order = tuple(answer.strip() for answer in listed[0]) == choices
        return HarnessAnswers(choices, columns, in_order, *_space(raw))
    if listed and len({answer.strip().casefold() for answer in listed[0]} - {""}) == len(listed[0]) > 1:
        return HarnessAnswers(
            checked_choices(listed[0]), frozenset({listed[1]}), True, note="choices are those of its doc_to_target"
        )
    return HarnessAnswers((), _target_columns(target), in_order=True)


def listed_answers(target: object) -> tuple[list[str], str] | None:
    """Return the answers of a target that is a list of them, and the column that is their index; else None.

    >>> listed_answers("{{ ['no', 'yes'][label] }}")
    (['no', 'yes'], 'label')
    """
    if not isinstance(target, str) or "[" not in target:
        return None
    match [node for node in _shown(tree_of(target)) if not is_blank(node)]:
        case [nodes.Getitem(node=nodes.List(items=[*items]), arg=nodes.Name(name=column))]:
            answers = [str(item.value) for item in items if isinstance(item, nodes.Const)]
            return (answers, column) if answers and len(answers) == len(items) else None
    return None


def raw_choices(choices: object) -> list[str]:
    """Return the choices as the file has them.

    Raises:
        InputError: there are none, or they depend on the row.

    """
    if choices is None:
        raise InputError("it has no answer choices (doc_to_choice)")
    if isinstance(choices, str):
        return _listed(choices)
    values = list(choices.values()) if isinstance(choices, dict) else choices
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError("its doc_to_choice is no list of texts: put quotes around yes, no and numbers")
    return values


def _require_answers(fields: Mapping[str, Any]) -> None:
    kind = fields.get("output_type", "generate_until")
    if kind not in ("generate_until", "multiple_choice"):
        named = kind[:40] if isinstance(kind, str) else "no text"  # and never shown: aliases can make it endless
        asks = named.startswith("loglikelihood")
        raise InputError("it asks for a likelihood, not for an answer" if asks else f"its output_type is {named}")


def _space(choices: Sequence[str]) -> tuple[str, str]:
    """Return the white space that choices begin with, and a note where some of theirs is lost."""
    spaces = {choice[: len(choice) - len(choice.lstrip())] for choice in choices}
    space = spaces.pop() if len(spaces) == 1 else ""
    lost = bool(spaces) or any(choice != choice.rstrip() for choice in choices)
    return space, "white space around its choices is left out" if lost else ""


def _listed(text: str) -> list[str]:
    """Return the texts of a list that is written within a text, as Jinja2 or alone."""
    tree = tree_of(text if "{{" in text else "{{" + text + "}}")
    if names := sorted(names_in(tree)):
        raise InputError(f"its answer choices depend on the row (column {names[0]!r})")
    match tree.body:
        case [nodes.Output(nodes=[nodes.List(items=[*items])])]:
            values = [item.value for item in items if isinstance(item, nodes.Const)]
            if len(values) == len(items) and all(isinstance(value, str) for value in values):
                return values
    raise InputError("its doc_to_choice is no list of texts")


def _target_columns_and_order(target: object) -> tuple[frozenset[str], bool]:
    """Return the columns that say which choice is right, and whether one alone does."""
    if isinstance(target, int):
        raise InputError("its target is the same for every row")
    if not isinstance(target, str) or not target.strip():
        raise InputError("its doc_to_target is no choice")
    if target.isidentifier():
        return frozenset({target}), True
    tree = tree_of(target)
    columns = frozenset(names_in(tree))
    if not columns:
        raise InputError("its target is the same for every row")
    match _shown(tree):
        case [nodes.Name()]:
            return columns, True
    return columns, False


def _target_columns(target: object) -> frozenset[str]:
    """Return the columns that say the answer, where it is free text."""
    if target is None:
        return frozenset()
    if not isinstance(target, str):
        raise InputError("its doc_to_target is no text")
    return frozenset({target} if target.isidentifier() else names_in(tree_of(target)))


def _shown(tree: nodes.Template) -> list[nodes.Node]:
    """Return what a template shows, if it has no conditions."""
    match tree.body:
        case [nodes.Output(nodes=[*shown])]:
            return [*shown]
    return []
