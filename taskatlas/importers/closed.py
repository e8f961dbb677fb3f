"""Outputs that are answers of a question, told from outputs that are free text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from taskatlas.errors import InputError
from taskatlas.hashing import digest

MAX_LABELS = 50
MIN_ROWS = 2
"""Of each label."""
KEPT_SHARE = 0.95
"""An output that stands there once is no answer of a closed set. So many of the instances have to have another one,
which leaves room for slips of the pen and none for free text with a few frequent words in it."""


class FreeTextError(InputError):
    """Outputs are no closed set."""


@dataclass(frozen=True)
class Labelled:
    """A text with its label."""

    text: str
    label: str


def closed_set_rows(rows: Sequence[Labelled], n_instances: int, limit: int | None) -> list[Labelled]:
    """Return the rows whose label is one of a closed set, spelt alike.

    Args:
        rows: texts with their outputs; outputs that differ by nothing but case are one label, which is spelt as most
            rows spell it.
        n_instances: how many instances there were, with those that are not among the rows.
        limit: at most so many rows, picked by content hash; labels of which it leaves fewer than two rows go.

    Raises:
        FreeTextError: the outputs are free text.
        InputError: there is one output only.

    """
    frequent = _frequent(rows)
    labels = len({row.label for row in frequent})
    if labels > MAX_LABELS:
        raise FreeTextError(f"its outputs are free text: {labels} different ones, and a closed set has {MAX_LABELS}")
    if len(frequent) < KEPT_SHARE * n_instances:
        what = f"{n_instances - len(frequent)} of {n_instances} instances have none, several, or one that is there once"
        raise FreeTextError(f"its outputs are free text: {what}")
    if limit is not None:
        frequent = _frequent(sorted(frequent, key=lambda row: digest("import", row.text, row.label))[:limit])
    if len({row.label for row in frequent}) < MIN_ROWS:
        raise InputError("fewer than two outputs are there twice" + (" within --limit" if limit is not None else ""))
    return frequent


def _frequent(rows: Sequence[Labelled]) -> list[Labelled]:
    """Return the rows whose label stands there often enough, spelt alike."""
    counts = Counter(row.label.casefold() for row in rows)
    spellings = Counter(row.label for row in rows)
    spelling_of: dict[str, str] = {}
    # of equally frequent spellings the first in the alphabet, so that the order of rows means nothing
    for label in sorted(spellings, key=lambda label: (-spellings[label], label)):
        spelling_of.setdefault(label.casefold(), label)
    return [
        Labelled(row.text, spelling_of[row.label.casefold()])
        for row in rows
        if counts[row.label.casefold()] >= MIN_ROWS
    ]
