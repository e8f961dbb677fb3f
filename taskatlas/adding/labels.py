"""What the cells of a label column say: classes, of which some are spelt in several ways, numbers, or free answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from taskatlas.adding.guesses import DraftedField
from taskatlas.cards.labels import folded
from taskatlas.errors import InputError
from taskatlas.ingest.choices import read_list
from taskatlas.ingest.clean import clean_line
from taskatlas.ingest.known import decimal

_SCALE = 10
"""Numbers up to so many are a scale, such as stars; more are scores."""
_SHOWN = 12
_FEW = 20
"""So many different labels may be classes, however few rows there are."""


@dataclass(frozen=True)
class ChosenLabels:
    """The labels of a dataset.

    Attributes:
        labels: the class names in their order, 'number', or 'text'.
        label_map: how else a class is spelt, or its code → its name.
        guesses: what they rest on.
    """

    labels: tuple[str, ...] | Literal["number", "text"]
    label_map: Mapping[str, str] = field(default_factory=dict)
    guesses: tuple[DraftedField, ...] = ()


def choose_labels(cells: Sequence[str], said: Sequence[str], where: str) -> ChosenLabels:
    """Choose the labels of a dataset.

    Args:
        cells: the labels of all rows, cleaned; '' where there is none.
        said: the class names as a person gives them, CODE=NAME where the cells hold codes, or 'number' or 'text' alone;
            empty: to be guessed.
        where: the column, as errors name it.

    Raises:
        InputError: all rows have the same label, or none.
    """
    counts = Counter(clean_line(cell) for cell in cells if cell)
    if list(said) == ["number"] or (not said and _are_scores(counts)):
        return _scores(counts, is_said=bool(said))
    if list(said) == ["text"] or (not said and are_answers(cells)):
        return _answers(counts, is_said=bool(said))
    spelt = _spellings(counts, said) if said else _guessed(counts)
    if len(spelt) < 2:
        what = f"all rows have the label {next(iter(spelt))!r}" if spelt else "no row has a label"
        raise InputError(what, where=where, todo="name the column of the labels with --label COLUMN")
    label_map = {each: name for name, others in spelt.items() for each in others if each != name}
    return ChosenLabels(tuple(spelt), label_map, tuple(_guesses(counts, spelt, is_said=bool(said))))


def _guessed(counts: Counter[str]) -> dict[str, list[str]]:
    """Class name → how it is spelt; the name is what most rows have."""
    groups: dict[str, list[str]] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        groups.setdefault(folded(label), []).append(label)
    return {group[0]: group for group in sorted(groups.values(), key=lambda group: _in_order(group[0]))}


def _spellings(counts: Counter[str], said: Sequence[str]) -> dict[str, list[str]]:
    """Class name as a person gives it → its codes, and how else it is spelt."""
    spelt: dict[str, list[str]] = {}
    for each in said:
        code, _, name = each.rpartition("=")
        spelt.setdefault(name.strip(), []).extend([code.strip()] if code.strip() else [])
    for name, codes in spelt.items():
        codes += [label for label in counts if folded(label) == folded(name)]
    return spelt


def _guesses(counts: Counter[str], spelt: Mapping[str, Sequence[str]], *, is_said: bool) -> list[DraftedField]:
    listed = [f"{name} ({sum(counts[each] for each in others)} rows)" for name, others in spelt.items()]
    shown = ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")
    if is_said:
        return [DraftedField("labels", shown)]
    are_numbers = all(decimal(name) is not None for name in spelt)
    why = "taken for classes; --labels number takes them for scores" if are_numbers else "as the column has them"
    guesses = [DraftedField("labels", shown, why, "--labels")]
    if variants := [f"{each} = {name}" for name, others in spelt.items() for each in others if each != name]:
        guesses.append(DraftedField("label_map", ", ".join(variants[:_SHOWN]), "which differ by nothing but case"))
    return guesses


def _scores(counts: Counter[str], *, is_said: bool) -> ChosenLabels:
    values = sorted(value for label in counts if (value := decimal(label)) is not None)
    between = f"numbers from {values[0]:g} to {values[-1]:g}" if values else "numbers"
    guess = (
        DraftedField("labels", between)
        if is_said
        else DraftedField("labels", between, f"{len(counts)} different", "--labels")
    )
    return ChosenLabels("number", {}, (guess,))


def are_answers(cells: Sequence[str]) -> bool:
    """Return whether labels are written freely, one or a list of them in a cell: so many are different that most come
    once.

    >>> are_answers(["yes", "no"] * 20), are_answers([f"in the year {n}" for n in range(40)])
    (False, True)
    >>> are_answers(['["rain", "snow"]', '["snow"]'] * 9), are_answers(['["Paris"]', '["Rome", "Roma"]'])
    (False, True)
    """
    listed = [read_list(cell) for cell in cells if cell]
    few = 0 if any(listed) else _FEW
    present = [own or [cell] for own, cell in zip(listed, filter(None, cells), strict=True)]
    different = {folded(each) for own in present for each in own}
    return len(different) > max(few, len(present) / 2) and any(decimal(each) is None for each in different)


def _answers(counts: Counter[str], *, is_said: bool) -> ChosenLabels:
    told = f"texts that are written freely, {len(counts)} different"
    return ChosenLabels("text", {}, (DraftedField("labels", told, *(() if is_said else ("", "--labels"))),))


def _are_scores(counts: Counter[str]) -> bool:
    """Whether all labels are numbers, and too many of them for classes."""
    return len(counts) > _SCALE and all(decimal(label) is not None for label in counts)


def _in_order(label: str) -> tuple[float, str]:
    """Numbers by their size, before words."""
    value = decimal(label)
    return (float("inf") if value is None else value, label)
