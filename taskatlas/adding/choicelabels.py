"""What the cells of a label column say of rows with their own choices: their kind, and where they begin to count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskatlas.ingest.choicelabels import from_one, index_of, n_meant, read_alike
from taskatlas.ingest.choices import read_list
from taskatlas.ingest.clean import clean_line
from taskatlas.schemas.inputs import CHOICE_LABELS

_SURE = 0.9
"""Share of the rows with a label whose label has to mean a choice."""
_IN_WORDS = {
    "letters": "letters", "texts": "its text", "scores": "a mark for each",
    "indices": "indices from 0",
}  # fmt: skip


@dataclass(frozen=True)
class ChoiceLabels:
    """How labels of rows with choices are read.

    Attributes:
        kind: in words.
        share: of the rows with a label, those whose label means a choice.
        right: the places that are right anywhere.
        label_map: what leads raw labels to places where they are not read so by themselves.
        is_open: whether they are indices that may as well begin at 0 as at 1.
        are_indices: whether they count.
    """

    kind: str
    share: float
    right: frozenset[str]
    label_map: Mapping[str, str]
    is_open: bool = False
    are_indices: bool = False

    @property
    def fits(self) -> bool:
        """Whether nearly all labels mean a choice."""
        return self.share >= _SURE

    @property
    def shown(self) -> str:
        """Return how they are read, for a person."""
        named = [f"{label} = {place}" for label, place in self.label_map.items()]
        return f"{self.kind}: {', '.join(named)}" if named else self.kind


def read_choice_labels(
    cells: Sequence[str],
    choices: Sequence[Sequence[str]],
    columns: Sequence[str] = (),
    beside: Sequence[str] = (),
    first: int | None = None,
) -> ChoiceLabels | None:
    """Find out how labels name choices; None where none does.

    Args:
        cells: the labels of all rows; '' where there is none.
        choices: those of all rows.
        columns: where the choices have a column each, their names.
        beside: lists of what each row calls its choices, where there are such.
        first: what the numbers in the names of these columns begin at: it decides where nothing else does.
    """
    rows = [(clean_line(cell), own) for cell, own in zip(cells, choices, strict=True) if cell and len(own) > 1]
    if not rows:
        return None
    labels, there = [label for label, _ in rows], [own for _, own in rows]
    readings: dict[str, tuple[str, list[str | None], dict[str, str]]]
    readings = {kind: (_IN_WORDS[kind], read, {}) for kind, read in read_alike(labels, there).items()}
    counted = from_one(labels)
    named = {clean_line(name): place for name, place in zip(columns, CHOICE_LABELS, strict=False)}
    readings["one"] = ("indices from 1", [counted.get(label) for label in labels], counted)
    readings["names"] = ("names of columns", [named.get(label) for label in labels], named)
    if beside:
        called = _called(choices, beside)
        readings = {"called": ("what choices are called", [called.get(label) for label in labels], called)}
    kind = max(readings, key=lambda each: n_meant(readings[each][1], there))
    if kind == "one" and not n_meant(readings["one"][1], there) > n_meant(readings["indices"][1], there):
        kind = "indices"
    is_open = kind in ("indices", "one") and not beside and _is_open(labels, there)
    if is_open and first is not None:
        kind = "one" if first else "indices"
    in_words, read, label_map = readings[kind]
    share = n_meant(read, there) / len(rows)
    right = frozenset(
        place for place, own in zip(read, there, strict=True) if place and place in CHOICE_LABELS[: len(own)]
    )
    label_map = {label: place for label, place in label_map.items() if label.upper() != place}
    result = ChoiceLabels(in_words, share, right, label_map, is_open and first is None, kind in ("indices", "one"))
    return result if right else None


def _is_open(labels: Sequence[str], choices: Sequence[Sequence[str]]) -> bool:
    """Whether indices fit both ways of counting alike."""
    numbers = [(index_of(label), len(own)) for label, own in zip(labels, choices, strict=True)]
    return sum(index == 0 for index, _ in numbers) == sum(index == n for index, n in numbers)


def _called(choices: Sequence[Sequence[str]], beside: Sequence[str]) -> dict[str, str]:
    """Return what choices are called → their place, where it is the same in all rows."""
    meant: dict[str, set[str]] = defaultdict(set)
    for own, names in zip(choices, beside, strict=True):
        for name, place, _ in zip(read_list(names), CHOICE_LABELS, own, strict=False):
            meant[clean_line(name)].add(place)
    return {name: next(iter(each)) for name, each in sorted(meant.items()) if len(each) == 1}
