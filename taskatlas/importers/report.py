"""What an import did with each template or file, for people and for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from taskatlas.errors import TaskatlasError

_MAX_SHOWN = 1_000
_MAX_REASONS = 10
_MAX_FOLDED = 120
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_PATH = re.compile(r"[\w./-]+\.ya?ml\b")
_LISTED = re.compile(r"\([^()]*\)")
_NUMBER = re.compile(r"\d[\d,.]*(?<=\d)")
_FEW = 5
"""Lines that are left out, which need no table of reasons."""
State = Literal["imported", "replaced", "there already", "the same", "left out"]


@dataclass(frozen=True)
class Outcome:
    """What became of one template, or of a whole file.

    Attributes:
        file: where it is from.
        title: what the file calls it; empty where the whole file is left out.
        state: what became of it. A card that equals the one to be written is there already; one of another name that
            asks the same is the same.
        card: its file, such as `prompts/sst2-plain.yaml`; None where it is left out.
        note: why it is left out, or what was guessed.
    """

    file: str
    title: str
    state: State
    card: str | None = None
    note: str = ""

    def row(self) -> dict[str, str | None]:
        """Return the outcome as one row of plain texts, each on one line and without what could steer a terminal; with
        the reason by which what is left out is counted."""
        row = {name: None if value is None else _plain(value) for name, value in asdict(self).items()}
        return {**row, "reason": _folded(row["note"] or "") if self.state == "left out" else None}


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
    always, counts = ("imported", "there already", "left out"), Counter(each.state for each in outcomes)
    return ", ".join(f"{counts[state]} {state}" for state in get_args(State) if state in always or counts[state]) + "."


def reasons_of(outcomes: Sequence[Outcome]) -> list[tuple[int, str]]:
    """Return how many are left out for which reason, most first; nothing where they are few.

    Reasons that differ by what they quote or count are one.
    """
    reasons = [reason for each in outcomes if (reason := each.row()["reason"]) is not None]
    if len(reasons) <= _FEW:
        return []
    most = Counter(reasons).most_common(_MAX_REASONS)
    others = len(reasons) - sum(count for _, count in most)
    return [(count, reason) for reason, count in most] + ([(others, "other reasons")] if others else [])


def _folded(reason: str) -> str:
    """Return a reason without what it quotes, counts and lists.

    >>> _folded("it shows 3 columns (a, b, c), and an input has at most two texts")
    'it shows … columns (…), and an input has at most two texts'
    """
    for pattern in (_QUOTED, _PATH, _LISTED, _NUMBER):
        reason = pattern.sub(lambda match: match[0][0] + "…" + match[0][-1] if match[0][0] in "'\"(" else "…", reason)
    return reason if len(reason) <= _MAX_FOLDED else f"{reason[: _MAX_FOLDED - 1]}…"


def _plain(text: str) -> str:
    printable = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    return printable if len(printable) <= _MAX_SHOWN else f"{printable[: _MAX_SHOWN - 3]}..."
