"""Raw labels of rows with their own choices → the places that they mean: A for the first choice, B for the second."""

from __future__ import annotations

import math
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
_MARKS: Mapping[str, float] = {"0": 0.0, "0.0": 0.0, "false": 0.0, "1": 1.0, "1.0": 1.0, "true": 1.0}


def labels_of_choices(labels: Sequence[str | None], choices: Sequence[Sequence[str]], where: str) -> list[str | None]:
    """Return the places that the cleaned raw labels of a dataset's rows mean. They are all of one kind of `READINGS`:
    of that which means a choice in the most rows; of scores only where no other kind means as many, as a choice may
    look like a list of them. A label of another kind means no place, and where two kinds fit alike, nor does one that
    they read as two choices.

    >>> labels_of_choices(["1", "0"], [["rain", "snow"], ["1", "2"]], "d")
    ['B', 'A']
    >>> labels_of_choices(["snow", "A"], [["rain", "snow"], ["B", "A"]], "d")
    ['B', 'B']
    >>> labels_of_choices(["(b)", "A."], [["rain", "snow"], ["he", "she"]], "d")
    ['B', 'A']
    >>> labels_of_choices(["[0.2, 0.8]", "[0, -1]"], [["rain", "snow"], ["B", "A"]], "d")
    ['B', 'A']

    Raises:
        InputError: they are indices, which begin at 1.
    """
    readings = read_alike(labels, choices)
    of_most = max(n_meant(read, choices) for kind, read in readings.items() if kind != "scores")
    if n_meant(readings["scores"], choices) <= of_most:
        del readings["scores"]
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


def scores_of_choices(label: str, choices: Sequence[str]) -> list[float]:
    """Return the scores that a label holds, one of each choice; none where it holds no such list. Marks may be more.

    >>> scores_of_choices("[0.2, 8e-1]", ["rain", "snow"]), scores_of_choices("[0.2]", ["rain", "snow"])
    ([0.2, 0.8], [])
    >>> scores_of_choices("[false, true, false]", ["rain", "snow"])
    [0.0, 1.0, 0.0]
    """
    items = read_list(label)
    try:
        scores = [_MARKS.get(item.lower(), math.nan) if are_marks(items) else float(item) for item in items]
    except ValueError:
        return []
    fits = len(scores) >= len(choices) if are_marks(items) else len(scores) == len(choices)
    return scores if fits and all(map(math.isfinite, scores)) else []


def _highest(label: str, choices: Sequence[str]) -> str | None:
    """Return the place of the one choice that has the highest score of a list."""
    scores = scores_of_choices(label, choices)
    best = [letter for letter, score in zip(CHOICE_LABELS, scores, strict=False) if score == max(scores)]
    return best[0] if len(best) == 1 else None


READINGS: Mapping[str, Callable[[str, Sequence[str]], str | None]] = {
    "letters": _letter, "indices": _index, "texts": _text, "scores": _highest,
}  # fmt: skip
"""Kinds of labels: letters, such as B, b and (B); indices from 0; the text of one choice; a list with a mark or a score
for each choice."""


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
