"""Raw labels of rows with their own choices → the places that they mean: A for the first choice, B for the second."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from taskatlas.cards.labels import folded, to_paste
from taskatlas.errors import InputError
from taskatlas.ingest.choices import read_list
from taskatlas.ingest.clean import clean_line
from taskatlas.schemas.inputs import CHOICE_LABELS

READ_AS = 2
"""Version of how choices and their labels are read. It counts in the keys of sources whose rows have choices, and in
those alone."""
_LETTER = re.compile(r"[(\[]?([A-Za-z])[)\].:]?")
_INDEX = re.compile(r"(\d{1,2})(\.0+)?", re.ASCII)
_MARKS: Mapping[str, bool] = {
    "0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True,
}  # fmt: skip


def labels_of_choices(labels: Sequence[str | None], choices: Sequence[Sequence[str]], where: str) -> list[str | None]:
    """Return the places that the cleaned raw labels of a dataset's rows mean. They are all of one kind of `READINGS`:
    of that which means a choice in the most rows. A label of another kind means no place, and where two kinds fit
    alike, nor does one that they read as two choices.

    >>> labels_of_choices(["1", "0"], [["rain", "snow"], ["1", "2"]], "d")
    ['B', 'A']
    >>> labels_of_choices(["snow", "A"], [["rain", "snow"], ["B", "A"]], "d")
    ['B', 'B']
    >>> labels_of_choices(["(b)", "A."], [["rain", "snow"], ["he", "she"]], "d")
    ['B', 'A']

    Raises:
        InputError: they are indices, which begin at 1.
    """
    readings = read_alike(labels, choices)
    of_most = max(n_meant(read, choices) for read in readings.values())
    best = [reading for reading in readings.values() if n_meant(reading, choices) == of_most]
    if best == [readings["indices"]]:
        _require_from_zero(labels, choices, where)
    return [
        meant.pop() if len(meant := {reading[row] for reading in best} - {None}) == 1 else _as_no_place(label)
        for row, label in enumerate(labels)
    ]


def read_alike(labels: Sequence[str | None], choices: Sequence[Sequence[str]]) -> dict[str, list[str | None]]:
    """Return each kind of label → the places that labels mean, read as that kind."""
    rows = [*zip(labels, choices, strict=True)]
    return {kind: [read(label, own) if label else None for label, own in rows] for kind, read in READINGS.items()}


def n_meant(reading: Sequence[str | None], choices: Sequence[Sequence[str]]) -> int:
    """Return how many of the places that labels mean are those of a choice that is there."""
    return sum(label in CHOICE_LABELS[: len(own)] for label, own in zip(reading, choices, strict=True))


def index_of(label: str | None) -> int | None:
    """Return the index that a label is; None where it is none.

    >>> index_of("2"), index_of("2.0"), index_of("2.5"), index_of("B")
    (2, 2, None, None)
    """
    read = _INDEX.fullmatch(label or "")
    return int(read[1]) if read else None


def are_marks(items: Sequence[str]) -> bool:
    """Return whether a list says of each choice whether it is right.

    >>> are_marks(["0", "1"]), are_marks(["1", "2"]), are_marks([])
    (True, False, False)
    """
    return bool(items) and all(item.lower() in _MARKS for item in items)


def from_one(labels: Sequence[str | None]) -> dict[str, str]:
    """Return the `label_map` of indices that begin at 1, as they are spelt.

    >>> from_one(["1", "3.0"])
    {'1': 'A', '2': 'B', '3.0': 'C'}
    """
    spelt: dict[int, set[str]] = {}
    for label in labels:
        if (index := index_of(label)) and index <= len(CHOICE_LABELS):
            spelt.setdefault(index, set()).add(str(label))
    counted = enumerate(CHOICE_LABELS[: max(spelt, default=0)], start=1)
    return {each: letter for n, letter in counted for each in sorted(spelt.get(n, {str(n)}))}


def _letter(label: str, _: Sequence[str]) -> str | None:
    """Return the place that a letter names, there or not."""
    read = _LETTER.fullmatch(label)
    return read[1].upper() if read else None


def _index(label: str, choices: Sequence[str]) -> str | None:
    index = index_of(label)
    return CHOICE_LABELS[index] if index is not None and index < min(len(choices), len(CHOICE_LABELS)) else None


def _text(label: str, choices: Sequence[str]) -> str | None:
    """Return the place of the one choice that a label repeats; in other letters of case where none is the same."""
    for form in (clean_line, folded):
        meant = [letter for letter, own in zip(CHOICE_LABELS, choices, strict=False) if form(own) == form(label)]
        if meant:
            return meant[0] if len(meant) == 1 else None
    return None


def _mark(label: str, choices: Sequence[str]) -> str | None:
    """Return the place of the one mark of a list that says which choice is right: [0, 1, 0]."""
    items = read_list(label)
    marks = [_MARKS[item.lower()] for item in items] if are_marks(items) else []
    if marks.count(True) != 1 or len(marks) < len(choices):
        return None
    at = marks.index(True)
    return CHOICE_LABELS[at] if at < len(CHOICE_LABELS) else None


READINGS: Mapping[str, Callable[[str, Sequence[str]], str | None]] = {
    "letters": _letter, "indices": _index, "texts": _text, "marks": _mark,
}  # fmt: skip
"""Kinds of labels: letters, such as B, b and (B); indices from 0; the text of one choice; a list with one mark."""


def _as_no_place(label: str | None) -> str | None:
    """Return a label that means no place as one that is called like none, so that it is kept apart."""
    return f'"{label}"' if label and label.upper() in CHOICE_LABELS else label


def _require_from_zero(labels: Sequence[str | None], choices: Sequence[Sequence[str]], where: str) -> None:
    """Check that indices do not begin at 1: then none is 0, and some are as many as their row has choices."""
    indices = [*map(index_of, labels)]
    n_last = sum(index == len(own) for index, own in zip(indices, choices, strict=True))
    if 0 in indices or not n_last:
        return
    what = f"no label is 0, and {n_last} are as large as the number of their row's choices: they count from 1"
    raise InputError(what, where=where, todo=f"write `label_map: {to_paste(from_one(labels))}` in the card")
