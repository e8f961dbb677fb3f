"""What a template says before it is a card, whatever the format it was written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError

_COMMON = frozenset({
    "basic", "config", "data", "default", "prompt", "promptfooconfig", "prompts", "samples", "template", "templates",
    "test", "train",
})  # fmt: skip
"""Names that files have in many folders."""


@dataclass(frozen=True)
class Shot:
    """A row of the data set with its answer, which is shown first.

    Attributes:
        texts: column → text.
        answer: one of the choices, or a free answer.
    """

    texts: Mapping[str, str]
    answer: str


@dataclass(frozen=True)
class Draft:
    """One template whose answers are a fixed list, or free text.

    Attributes:
        template: Jinja2 over columns of a data set.
        choices: the answers, in the order of the format; empty where they are free text.
        answer_columns: the columns that say the right answer; the template may not show them.
        in_order: whether the first choice stands for the first label, the second for the second, and so on. Where the
            format picks the choice by a rule of its own, it need not.
        note: what a person should know of it; may be empty.
        shots: what is shown first.
        separator: after each of them.
        labels: what the choices stand for, in their order, where the file says it.
        says_choices: whether the format has a place for choices. Of one that has none, a person can say them.
        card: further fields of its card, such as system.
        row_columns: the columns that hold the row's own choices, which the template calls `choices`: one that is their
            list, or one for each.
        line_columns: columns that are lists, of which a dataset holds the elements as lines of a field.
        asks_rows: whether these are the answers; then `choices` are templates, or none for all of them.
    """

    template: str
    choices: tuple[str, ...]
    answer_columns: frozenset[str]
    in_order: bool
    note: str = ""
    shots: tuple[Shot, ...] = ()
    separator: str = "\n\n"
    labels: tuple[str, ...] = ()
    says_choices: bool = True
    card: Mapping[str, Any] = field(default_factory=dict)
    row_columns: tuple[str, ...] = ()
    line_columns: frozenset[str] = frozenset()
    asks_rows: bool = False

    @property
    def is_chosen(self) -> bool:
        """Whether its answers are chosen from some that are given."""
        return bool(self.choices) or self.asks_rows


@dataclass(frozen=True)
class Template:
    """A template of a file: what it is called, and what it says or why it cannot be taken.

    Attributes:
        title: its name in the file.
        about: what its card is named after, the most general first: the data set, its subset, the template.
        draft_or_error: what it says, or the error.
    """

    title: str
    about: tuple[str, ...]
    draft_or_error: Draft | InputError


def names_of(file: Path) -> tuple[str, ...]:
    """Return what cards are named after whose file says no name: the file, and its folder where many are called so.

    >>> names_of(Path("mood/prompt.yaml")), names_of(Path("mood/happy.yaml"))
    (('mood', 'prompt'), ('happy',))
    """
    common = file.stem.lower() in _COMMON
    return (file.absolute().parent.name, file.stem) if common else (file.stem,)


def checked_choices(choices: Sequence[str]) -> tuple[str, ...]:
    """Return choices without white space at their ends.

    Raises:
        InputError: there are fewer than two, one is blank, or two differ by nothing but case.

    >>> checked_choices([" no", "yes "])
    ('no', 'yes')

    """
    stripped = tuple(choice.strip() for choice in choices)
    if not all(stripped):
        raise InputError("one of its answer choices is blank")
    if len({choice.casefold() for choice in stripped}) != len(stripped):
        raise InputError("two of its answer choices are the same")
    if len(stripped) < 2:
        raise InputError("it has fewer than two answer choices")
    return stripped
