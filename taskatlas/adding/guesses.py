"""What a drafted card says that nobody said: each guess, what it rests on, and the option that says it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from taskatlas.errors import printable

Ask = Callable[[str, Sequence[str], str], str]
"""Asks a person: what is asked, what there is to choose from, and what is taken where nothing is said."""

_SHOWN = 300


@dataclass(frozen=True)
class DraftedField:
    """One field of a drafted card.

    Attributes:
        field: what was guessed, or said.
        value: as a person reads it.
        why: what it rests on; empty where it was said.
        option: of the command, which says it otherwise.
    """

    field: str
    value: str
    why: str = ""
    option: str = ""

    @property
    def line(self) -> str:
        """What is printed beside the field's name."""
        told = printable(f"{self.value}, {self.why}" if self.why else self.value)
        told = told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."
        return f"{told} ({self.option})" if self.option and self.why else told
