"""What a row holds beside its text and second text: named fields, and choices of its own; and what all of it is called.

Multiple choice is a task whose answers are each row's own: the choice is then scored by its place, and places are
called A, B, C and so on, as they are in exams.
"""

from __future__ import annotations

import string
from typing import Annotated, Protocol

from pydantic import AfterValidator, StringConstraints

CHOICE_LABELS = tuple(string.ascii_uppercase)
"""The labels of a row's own choices, in their order."""
RESERVED = frozenset({
    "text", "text_pair", "choices", "choice", "label", "loop", "self", "super", "recursive", "and", "or", "not", "in",
    "is", "if", "else", "elif", "true", "false", "none", "True", "False", "None",
})  # fmt: skip
"""What templates call something else."""


def is_field_name(name: str) -> bool:
    """Return whether a field can be called so: a name of Jinja2 that means nothing else.

    >>> is_field_name("question"), is_field_name("text"), is_field_name("2nd")
    (True, False, False)
    """
    return name.isascii() and name.isidentifier() and len(name) <= 60 and name[0] != "_" and name not in RESERVED


def _checked(name: str) -> str:
    if not is_field_name(name):
        what = "is none for a field: letters, digits and _, from a letter on, and no word of templates such as text"
        raise ValueError(f"{name[:60]!r} {what}")
    return name


FieldName = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_checked)]
Fields = tuple[tuple[str, str], ...]
"""Name and text of each further field of a row, sorted by name; a field without a text is left out."""


class Input(Protocol):
    """A row as prompts show it, without its label."""

    @property
    def text(self) -> str:
        """Return its text."""

    @property
    def text_pair(self) -> str | None:
        """Return its second text; None where there is none."""

    @property
    def fields(self) -> Fields:
        """Return its further fields."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return its own choices; empty where there are none."""


def second_text(row: Input) -> str | None:
    r"""Return all that a row holds beside its text as one second text, as encoders see it; None where there is nothing.

    >>> from typing import NamedTuple
    >>> class Row(NamedTuple):
    ...     text: str
    ...     text_pair: str | None = None
    ...     fields: Fields = ()
    ...     choices: tuple[str, ...] = ()
    >>> second_text(Row("Rain.", fields=(("question", "Is it wet?"),), choices=("yes", "no")))
    'Is it wet?\nyes\nno'
    """
    beside = texts_beside(row)
    return "\n".join(beside) if beside else row.text_pair


def texts_beside(row: Input) -> tuple[str, ...]:
    """Return all that a row holds beside its text: its second text, its fields and its choices, each by itself, so that
    a short one is not lost beside a long one."""
    pair = (row.text_pair,) if row.text_pair else ()
    return (*pair, *(text for _, text in row.fields), *row.choices)
