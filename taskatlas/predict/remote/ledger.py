"""The ledger: every answer of a server, on the disk as soon as it came, so that none is paid for twice.

One file per model, `parts/answered/KEY.jsonl`, with KEY the hash of what changes its answers. One line per answered
question; lines are only ever added, and each batch of them is on the disk before the run goes on. It is kept when the
answers are finished, as the account of what they cost, and goes with `taskatlas invalidate --all`. It holds texts,
scores and counts: no key, no address and no header.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError
from taskatlas.predict.remote.replies import MOST_TOKENS
from taskatlas.predict.stopwatch import rounded
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.graph import GRAPH
from taskatlas.store.parts import Parts

KIND = "answered"


@dataclass(frozen=True)
class Entry:
    """One answered question.

    Attributes:
        question: `Question.key`, the content hash of the request bodies and answers.
        subject: the first one that asked it.
        answer: what was written, or the score of each answer.
        requests: how many were sent for it, those sent again included.
        prompt_tokens: as the server counted them; None where it did not.
        completion_tokens: likewise.
        seconds: from asking to the answer, waits included, shared out among the questions that were under way at once;
            None for answers from before it was kept.
        first: whether a followup was asked after it.

    """

    question: str
    subject: str
    answer: str | tuple[float, ...]
    requests: int
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float | None = None
    first: bool = False


@dataclass(frozen=True)
class Spent:
    """What the answers of one subject took.

    Attributes:
        answers: how many there are.
        requests: those that were sent for them, those sent again included.
        prompt_tokens: as the server counted them.
        completion_tokens: likewise.
        uncounted: answers whose tokens the server did not count.
        cost: at the card's prices; None where it has none.

    """

    answers: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    uncounted: int
    cost: float | None


class Ledger:
    """The answers of one model that are on the disk."""

    def __init__(self, parts: Parts, card: EndpointModel) -> None:
        self.path = parts.path(KIND, GRAPH[KIND].key(card.content), ".jsonl")

    def read(self) -> list[Entry]:
        """Return every answer, in the order in which they came. Lines that a kill has torn are passed over.

        Raises:
            StoreError: the file is there and cannot be read.

        """
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._refused("read", error) from error
        return [entry for entry in map(_entry, lines) if entry is not None]

    def keep(self, entries: Sequence[Entry]) -> None:
        """Add answers; they are on the disk when this returns.

        Raises:
            StoreError: the folder cannot be written, or the disk is full.

        """
        lines = b"".join(json.dumps(asdict(entry)).encode() + b"\n" for entry in entries)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as stream:
                stream.write(b"\n" + lines if _torn(self.path) else lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise self._refused("written", error) from error

    def _refused(self, done: str, error: OSError) -> StoreError:
        what = f"the answers that were paid for cannot be {done} ({error.strerror or error})"
        return StoreError(what, where=str(self.path), todo="free space or mend the permissions, then run again")


def spent(parts: Parts, card: EndpointModel) -> dict[str, Spent]:
    """Return what each subject of a model took so far, by its name.

    A question that two subjects ask alike is asked once, and counts for the one that asked first.

    Args:
        parts: of the project.
        card: of the model.

    Raises:
        StoreError: the ledger cannot be read.

    """
    entries_by_subject: dict[str, list[Entry]] = {}
    for entry in Ledger(parts, card).read():
        if entry.subject.partition("/")[0] == card.name:
            entries_by_subject.setdefault(entry.subject, []).append(entry)
    return {subject: total_spent(card, entries) for subject, entries in sorted(entries_by_subject.items())}


def total_spent(card: EndpointModel, entries: Iterable[Entry]) -> Spent:
    """Add up what answers took, at the card's prices."""
    counted = list(entries)
    prompt, completion = sum(e.prompt_tokens or 0 for e in counted), sum(e.completion_tokens or 0 for e in counted)
    uncounted = sum(1 for e in counted if e.prompt_tokens is None or e.completion_tokens is None)
    cost = card.cost(prompt, completion)
    return Spent(len(counted), sum(e.requests for e in counted), prompt, completion, uncounted, cost)


Rounds = tuple[Entry, ...]
"""The entries of one answer to a text: one, or with a followup two, the first one first."""


def cost_counts(card: EndpointModel, subject: str, answers: Iterable[Rounds]) -> dict[str, int]:
    """Count what a subject's answers to texts took, by column of the table `costs`; equal questions are one."""
    distinct_answers = _distinct(answers)
    entries = {entry.question: entry for rounds in distinct_answers for entry in rounds}.values()
    totals = asdict(total_spent(card, entries))
    del totals["cost"]  # prices may change, and answers stay
    uncounted = (any(None in (e.prompt_tokens, e.completion_tokens) for e in rounds) for rounds in distinct_answers)
    shared = (any(entry.subject != subject for entry in rounds) for rounds in distinct_answers)
    return {**totals, "answers": len(distinct_answers), "uncounted": sum(uncounted), "shared": sum(shared)}


def seconds_of(answers: Iterable[Rounds]) -> Counter[float]:
    """Count answers by the seconds that they took, both rounds together, equal questions once; those of which nobody
    knows are left out."""
    taken = ([entry.seconds for entry in rounds] for rounds in _distinct(answers))
    return Counter(rounded(sum(each or 0.0 for each in seconds)) for seconds in taken if None not in seconds)


def _distinct(answers: Iterable[Rounds]) -> list[Rounds]:
    return [*{tuple(entry.question for entry in rounds): rounds for rounds in answers}.values()]


def _entry(line: bytes) -> Entry | None:
    """Read the answer of a line, or None where it is torn."""
    try:
        fields: dict[str, Any] = json.loads(line)
        answer = fields.pop("answer")
        for name in ("prompt_tokens", "completion_tokens"):
            if (fields[name] or 0) > MOST_TOKENS:  # kept before such counts were refused; no table holds them
                fields[name] = None
        return Entry(answer=answer if isinstance(answer, str) else tuple(answer), **fields)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _torn(path: Path) -> bool:
    """Return whether the last line was left without its end; the next one must not run on in it."""
    with path.open("rb") as stream:
        if not stream.seek(0, os.SEEK_END):
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"
