"""What an import did with each template or file, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from taskatlas.errors import TaskatlasError

_MAX_SHOWN = 1_000
State = Literal["imported", "there already", "left out"]


@dataclass(frozen=True)
class Outcome:
    """What became of one template, or of a whole file.

    Attributes:
        file: where it is from.
        title: what the file calls it; empty where the whole file is left out.
        state: what became of it. A card that equals the one to be written is there already.
        card: its file, such as `prompts/sst2-plain.yaml`; None where it is left out.
        note: why it is left out, or what was guessed.
    """

    file: str
    title: str
    state: State
    card: str | None = None
    note: str = ""

    def row(self) -> dict[str, str | None]:
        """Return the outcome as one row of plain texts, each on one line and without what could steer a terminal."""
        return {name: None if value is None else _plain(value) for name, value in asdict(self).items()}


def left_out(file: str, title: str, error: TaskatlasError) -> Outcome:
    """Return the outcome of what cannot be taken; `error` says why. What to do about it is said of whole files only."""
    where = error.where.removeprefix(file).lstrip(",: ")
    reason = TaskatlasError(error.what, where=where, todo="" if title else error.todo)
    return Outcome(file, title, "left out", None, str(reason))


def line_of(outcome: Outcome) -> str:
    """Return one outcome as a line for a person."""
    row = {name: value or "" for name, value in outcome.row().items()}
    entry = row["card"] or ": ".join(filter(None, (row["file"], row["title"])))
    return f"{outcome.state:<15}{entry}" + (f"  ({row['note']})" if row["note"] else "")


def summary_of(outcomes: Sequence[Outcome]) -> str:
    """Return how many outcomes there are of each state, as a sentence."""
    states: tuple[State, ...] = ("imported", "there already", "left out")
    counts = [f"{sum(each.state == state for each in outcomes)} {state}" for state in states]
    return ", ".join(counts) + "."


def _plain(text: str) -> str:
    printable = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    return printable if len(printable) <= _MAX_SHOWN else f"{printable[: _MAX_SHOWN - 3]}..."
