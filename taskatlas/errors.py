"""Everything that taskatlas raises on purpose.

TaskatlasError            one line for a person: what, where, what to do; the CLI prints it and exits with 2
├── CardError             a card, or the project that holds it, does not hold together
│   └── FaultsError       several faults of a project at once, each of which would stop a run
├── InputError            a file or a hub dataset cannot be read as its card says
├── ValidationError       too many rows of a table broke its expectations
├── PromptError           a prompt cannot be rendered
├── ModelError            a model cannot be loaded, or does not answer as its card says
│   └── SpendError        a run would spend more on servers than a card allows
├── StoreError            the warehouse cannot be read or written
│   └── DamagedPartError  finished work cannot be read: it was set aside, and a run makes it anew
└── UnknownNameError      a name that is in no card and in no table
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any
from unicodedata import category

_UNSEEN = {"Cc", "Cf", "Cs"}
"""Categories of Unicode: controls, those of direction and joining, and halves of pairs."""


class TaskatlasError(Exception):
    """Base of all errors that a person can mend.

    Args:
        what: what is wrong, without a full stop.
        where: the file, line, column, card or table it is wrong in.
        todo: what to do about it, as an imperative.

    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what, self.where, self.todo = what, where, todo
        super().__init__(what, where, todo)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross processes (Prefect's runners) with its attributes, whatever arguments a subclass takes."""
        return _restore, (type(self), self.args), self.__dict__

    def __str__(self) -> str:
        prefix = f"{self.where}: " if self.where else ""
        end = "" if self.what.endswith((".", "!", "?")) else "."
        advice = f"{end} {self.todo[:1].upper()}{self.todo[1:]}" if self.todo else ""
        return printable(f"{prefix}{self.what}{advice}")


def printable(text: str) -> str:
    r"""Return a text on one line, with what could steer a terminal or hide in a word written out.

    >>> print(printable("in\none \x1b[31mline"))
    in one \x1b[31mline
    """
    line = " ".join(text.split())
    return "".join(letter if category(letter) not in _UNSEEN else repr(letter)[1:-1] for letter in line)


def _restore(kind: type[TaskatlasError], args: tuple[Any, ...]) -> TaskatlasError:
    return kind.__new__(kind, *args)


class CardError(TaskatlasError):
    """A card, or the project that holds it, does not hold together."""


class InputError(TaskatlasError):
    """A file or a hub dataset cannot be read as its card says."""


class ValidationError(TaskatlasError):
    """Too many rows of a table broke its expectations."""


class PromptError(TaskatlasError):
    """A prompt cannot be rendered."""


class ModelError(TaskatlasError):
    """A model cannot be loaded, or does not answer as its card says."""


class SpendError(ModelError):
    """A run would spend more on servers than a card allows, and nobody has agreed to it."""


class StoreError(TaskatlasError):
    """The warehouse cannot be read or written."""


class DamagedPartError(StoreError):
    """Finished work is gone or cannot be read. What was left of it is set aside, and a run makes it anew.

    Args:
        what: as of every error.
        kind: of the part.
        todo: as of every error.
    """

    def __init__(self, what: str, *, kind: str, todo: str = "run `taskatlas run`, which makes it anew") -> None:
        self.kind = kind
        super().__init__(what, todo=todo)


class UnknownNameError(TaskatlasError):
    """A name that is in no card and in no table.

    Args:
        kind: what the name should be the name of ("dataset", "subject", ...).
        name: the name as it was written.
        known: the names that exist; the nearest is offered.
        where: the card or file that holds the unknown name; empty for the command line.

    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        names = sorted(known)
        self.kind, self.name = kind, name
        super().__init__(f"no {kind} is called {name!r}", where=where, todo=did_you_mean(name, names))


class FaultsError(CardError):
    """Several faults of a project, each with its card.

    Args:
        faults: two or more.

    """

    def __init__(self, faults: Sequence[TaskatlasError]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(faults)} faults")

    def __str__(self) -> str:
        return "\n".join([f"{self.what}:", *map(str, self.faults)])


def raise_all(faults: Iterable[TaskatlasError]) -> None:
    """Raise what there is: nothing, one fault as it is, or several as one.

    Raises:
        TaskatlasError: there is a fault.

    """
    different = list({str(fault): fault for fault in faults}.values())
    if len(different) > 1:
        raise FaultsError(different)
    if different:
        raise different[0]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the advice for an unknown name: the nearest known one, or the first twelve names.

    >>> did_you_mean("sentimnt", ["topic", "sentiment"])
    "did you mean 'sentiment'?"
    >>> did_you_mean("x", ["topic", "sentiment"])
    'known are: sentiment, topic'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    if not names:
        return "there are none yet"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known are: {listed}"
