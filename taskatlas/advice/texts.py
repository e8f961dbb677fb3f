"""Texts of one's own, as a person pastes them: one per line, with labels or without, within limits that keep it quick.

Labels that differ in case alone are one label, as they are wherever labels are mapped. A text that is there twice
counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from taskatlas.errors import InputError
from taskatlas.hashing import text_id
from taskatlas.ingest.clean import clean_text

MOST_TEXTS = 200
MOST_CHARACTERS = 100_000
FEWEST_LABELLED = 4
FEWEST_CLASSES = 2
_WHERE = "your texts"
_BAR = " | "
_LISTED = 10
_SHOWN = 60


@dataclass(frozen=True)
class OwnTexts:
    """Cleaned texts, all different.

    Attributes:
        texts: 1 to MOST_TEXTS of them; with labels FEWEST_LABELLED or more.
        labels: one per text, of FEWEST_CLASSES classes or more; None where none was given.
        repeated: how many texts were left out because they were there before.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    repeated: int = 0

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The texts' text_ids."""
        return tuple(text_id(text) for text in self.texts)

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, sorted; empty without labels."""
        return tuple(sorted(set(self.labels or ())))


@dataclass(frozen=True)
class _Line:
    place: int
    text: str
    label: str


def parse(text: str) -> OwnTexts:
    """What was pasted: a text per line, with its label after the line's last tab, or where there is no tab after its
    last ` | `. Blank lines are ignored.

    Raises:
        InputError: too much or too little of it, labels on some lines only, or a text with two different labels.
    """
    _check_length(len(text))
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _checked("line", (_line(place, row) for place, row in enumerate(rows, start=1)))


def own_texts(texts: Iterable[str], labels: Iterable[str] | None = None) -> OwnTexts:
    """Texts and their labels from lists, arrays or columns of a frame, each text whole.

    Raises:
        InputError: as `parse` does, one string for several, or another number of labels than texts.
    """
    if isinstance(texts, str):
        todo = "give a list of texts, also of one"
        raise InputError(f"{texts[:_SHOWN]!r} is one text, not several", where=_WHERE, todo=todo)
    if isinstance(labels, str):
        todo = "give a list of labels, one per text"
        raise InputError(f"{labels[:_SHOWN]!r} is one label, not several", where=_WHERE, todo=todo)
    whole = list(texts)
    given = [""] * len(whole) if labels is None else list(labels)
    if len(given) != len(whole):
        raise InputError(f"{len(whole)} texts and {len(given)} labels do not fit", where=_WHERE)
    if odd := [each for each in (*whole, *given) if not isinstance(each, str)]:
        raise InputError(f"{odd[0]!r} is no text", where=_WHERE, todo="give texts and labels as strings")
    _check_length(sum(map(len, whole)) + sum(map(len, given)))
    pairs = enumerate(zip(whole, given, strict=True), start=1)
    return _checked("text", (_Line(place, clean_text(text), clean_text(label)) for place, (text, label) in pairs))


def _check_length(characters: int) -> None:
    if characters > MOST_CHARACTERS:
        raise InputError(
            f"{characters:,} characters are more than {MOST_CHARACTERS:,}",
            where=_WHERE,
            todo="take a sample, or write a dataset's card and run `taskatlas run`",
        )


def _line(place: int, row: str) -> _Line:
    separator = "\t" if "\t" in row else _BAR
    text, _, label = row.rpartition(separator) if separator in row else (row, "", "")
    return _Line(place, clean_text(text), clean_text(label))


def _checked(unit: str, lines: Iterable[_Line]) -> OwnTexts:
    """The texts of lines, each a `unit`, once they hold together."""
    kept = [line for line in lines if line.text or line.label]
    if empty := [line.place for line in kept if not line.text]:
        raise InputError(f"{_places(unit, empty)}: a label without a text", where=_WHERE, todo="add the text")
    bare = [line.place for line in kept if not line.label]
    if bare and len(bare) < len(kept):
        raise InputError(
            f"{_places(unit, bare)}: no label, but the others have one",
            where=_WHERE,
            todo="label all of them or none; a tab or ` | ` within a line counts as the start of its label",
        )
    chosen, labels = _distinct(unit, kept)
    if len(chosen) > MOST_TEXTS:
        raise InputError(f"{len(chosen)} texts are more than {MOST_TEXTS}", where=_WHERE, todo="take a sample")
    if not chosen:
        raise InputError("there is no text", where=_WHERE, todo="write one text per line")
    if bare:
        return OwnTexts(tuple(chosen), None, len(kept) - len(chosen))
    _check_labels(labels)
    return OwnTexts(tuple(chosen), tuple(labels), len(kept) - len(chosen))


def _distinct(unit: str, lines: Sequence[_Line]) -> tuple[list[str], list[str]]:
    """Each text once, and its label, spelt as it was first."""
    spelt: dict[str, str] = {}
    found: dict[str, tuple[int, str]] = {}
    for line in lines:
        label = spelt.setdefault(line.label.casefold(), line.label)
        first, known = found.setdefault(line.text, (line.place, label))
        if known != label:
            what = f"{_places(unit, [first, line.place])}: the same text with the labels {known!r} and {label!r}"
            raise InputError(what, where=_WHERE, todo="keep one of them")
    return list(found), [label for _, label in found.values()]


def _check_labels(labels: Sequence[str]) -> None:
    classes = len(set(labels))
    if len(labels) < FEWEST_LABELLED or classes < FEWEST_CLASSES:
        raise InputError(
            f"{len(labels)} labelled texts of {classes} {'class' if classes == 1 else 'classes'} are too few",
            where=_WHERE,
            todo=f"give {FEWEST_LABELLED} texts of {FEWEST_CLASSES} classes or more, or leave the labels away",
        )


def _places(unit: str, places: Sequence[int]) -> str:
    listed = ", ".join(map(str, places[:_LISTED])) + (", ..." if len(places) > _LISTED else "")
    return f"{unit}{'s' if len(places) > 1 else ''} {listed}"
