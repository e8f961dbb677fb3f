"""Read texts of one's own, as a person pastes them: one per line, with labels or without, within limits.

Labels that differ in case alone are one label, as they are wherever labels are mapped. A text that is there twice
counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from taskatlas.errors import InputError
from taskatlas.hashing import text_id
from taskatlas.ingest.clean import clean_line, clean_text

MOST_TEXTS = 200
MOST_CHARACTERS = 100_000
FEWEST_LABELLED = 4
FEWEST_CLASSES = 2
_WHERE = "your texts"
_BAR = " | "
_LISTED = 10
_EXCERPT = 60


@dataclass(frozen=True)
class OwnTexts:
    """Cleaned texts, all different.

    Attributes:
        texts: 1 to MOST_TEXTS of them; with labels FEWEST_LABELLED or more.
        labels: one per text, of FEWEST_CLASSES classes or more; None without.
        repeated: how many texts were left out because they had been there before.
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
    number: int
    text: str
    label: str


def parse(text: str) -> OwnTexts:
    r"""Read pasted lines: a text each, with its label after the line's last tab, or without a tab after its last ` | `.

    Blank lines are ignored.

    >>> parse("Cold soup | bad\nLovely staff | good\nNever again | bad\nGreat bread | good").classes
    ('bad', 'good')

    Raises:
        InputError: too much or too little of it, labels on some lines only, or a text with two different labels.
    """
    _check_length(len(text))
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _validated("line", (_line(number, row) for number, row in enumerate(rows, start=1)))


def own_texts(texts: Iterable[str], labels: Iterable[str] | None = None) -> OwnTexts:
    """Read texts and their labels from lists, arrays or columns of a frame, each text whole.

    Raises:
        InputError: as `parse` does, one string for several, or another number of labels than texts.
    """
    if isinstance(texts, str):
        todo = "give a list of texts, also of one"
        raise InputError(f"{texts[:_EXCERPT]!r} is one text, not several", where=_WHERE, todo=todo)
    if isinstance(labels, str):
        todo = "give a list of labels, one per text"
        raise InputError(f"{labels[:_EXCERPT]!r} is one label, not several", where=_WHERE, todo=todo)
    whole = list(texts)
    tags = [""] * len(whole) if labels is None else list(labels)
    if len(tags) != len(whole):
        raise InputError(f"{len(whole)} texts and {len(tags)} labels do not fit", where=_WHERE)
    if odd := [each for each in (*whole, *tags) if not isinstance(each, str)]:
        raise InputError(f"{odd[0]!r} is no text", where=_WHERE, todo="give texts and labels as strings")
    _check_length(sum(map(len, whole)) + sum(map(len, tags)))
    pairs = enumerate(zip(whole, tags, strict=True), start=1)
    return _validated("text", (_Line(number, clean_text(text), clean_line(label)) for number, (text, label) in pairs))


def _check_length(characters: int) -> None:
    if characters > MOST_CHARACTERS:
        raise InputError(
            f"{characters:,} characters are more than {MOST_CHARACTERS:,}",
            where=_WHERE,
            todo="take a sample, or write a dataset's card and run `taskatlas run`",
        )


def _line(number: int, row: str) -> _Line:
    separator = "\t" if "\t" in row else _BAR
    text, _, label = row.rpartition(separator) if separator in row else (row, "", "")
    return _Line(number, clean_text(text), clean_line(label))


def _validated(unit: str, lines: Iterable[_Line]) -> OwnTexts:
    """Return the texts of lines, each a `unit`, or raise where they do not hold together."""
    filled = [line for line in lines if line.text or line.label]
    if empty := [line.number for line in filled if not line.text]:
        raise InputError(f"{_numbered(unit, empty)}: a label without a text", where=_WHERE, todo="add the text")
    bare = [line.number for line in filled if not line.label]
    if bare and len(bare) < len(filled):
        raise InputError(
            f"{_numbered(unit, bare)}: no label, but the others have one",
            where=_WHERE,
            todo="label all of them or none; a tab or ` | ` within a line counts as the start of its label",
        )
    texts, labels = _distinct(unit, filled)
    if len(texts) > MOST_TEXTS:
        raise InputError(f"{len(texts)} texts are more than {MOST_TEXTS}", where=_WHERE, todo="take a sample")
    if not texts:
        raise InputError("there is no text", where=_WHERE, todo="write one text per line")
    if bare:
        return OwnTexts(tuple(texts), None, len(filled) - len(texts))
    _check_labels(labels)
    return OwnTexts(tuple(texts), tuple(labels), len(filled) - len(texts))


def _distinct(unit: str, lines: Sequence[_Line]) -> tuple[list[str], list[str]]:
    """Return each text once, and the labels, spelt as they were first."""
    spelling: dict[str, str] = {}
    first_seen: dict[str, tuple[int, str]] = {}
    for line in lines:
        label = spelling.setdefault(line.label.casefold(), line.label)
        first, known = first_seen.setdefault(line.text, (line.number, label))
        if known != label:
            what = f"{_numbered(unit, [first, line.number])}: the same text with the labels {known!r} and {label!r}"
            raise InputError(what, where=_WHERE, todo="keep one of them")
    return list(first_seen), [label for _, label in first_seen.values()]


def _check_labels(labels: Sequence[str]) -> None:
    classes = len(set(labels))
    if len(labels) < FEWEST_LABELLED or classes < FEWEST_CLASSES:
        raise InputError(
            f"{len(labels)} labelled texts of {classes} {'class' if classes == 1 else 'classes'} are too few",
            where=_WHERE,
            todo=f"give {FEWEST_LABELLED} texts of {FEWEST_CLASSES} classes or more, or leave the labels away",
        )


def _numbered(unit: str, numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:_LISTED])) + (", ..." if len(numbers) > _LISTED else "")
    return f"{unit}{'s' if len(numbers) > 1 else ''} {listed}"
