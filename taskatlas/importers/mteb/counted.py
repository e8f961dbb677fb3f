"""What mteb has counted in the rows of a task: labels, scores and the longest text, by split and subset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskatlas.errors import InputError

_LABELS = ("label_statistics", "labels_statistics", "values_statistics")
_TEXTS = ("text_statistics", "text1_statistics", "text2_statistics")


@dataclass(frozen=True)
class CountedRows:
    """What is known of the rows of a dataset before they are read.

    Attributes:
        labels: the labels as they stand in the rows; empty where they are scores.
        scores: the smallest and the largest; None where the labels are classes.
        longest: characters of the longest text; 0 where they were not counted.
    """

    labels: tuple[str, ...]
    scores: tuple[float, float] | None
    longest: int


def counted_rows(statistics: Mapping[str, Any] | None, splits: Sequence[str], subset: str | None) -> CountedRows:
    """Return what was counted in some splits of a task.

    Args:
        statistics: of the task, by split.
        splits: those that count.
        subset: whose rows count; None: all.

    Raises:
        InputError: nothing was counted, a row has several labels, or all rows have one.
    """
    parts = [part for split in splits for part in _parts((statistics or {}).get(split), subset)]
    of_labels = [part[name] for part in parts for name in _LABELS if part.get(name)]
    if not of_labels:
        raise InputError("mteb has not counted its labels")
    if any(each.get("max_labels_per_text", 1) > 1 for each in of_labels):
        raise InputError("a text of it has several labels, and a row of a dataset has one")
    longest = max((part[name]["max_text_length"] for part in parts for name in _TEXTS if part.get(name)), default=0)
    if all("labels" in each for each in of_labels):
        return CountedRows(_labels(of_labels), None, longest)
    lowest, highest = min(each["min_score"] for each in of_labels), max(each["max_score"] for each in of_labels)
    return CountedRows((), (float(lowest), float(highest)), longest)


def _parts(split: Mapping[str, Any] | None, subset: str | None) -> Iterator[Mapping[str, Any]]:
    if split is None:
        return
    parts = split.get("hf_subset_descriptive_stats") or {}
    if subset in parts:
        yield parts[subset]
    elif not parts or subset is None:
        yield split


def _labels(of_labels: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    labels = {str(label) for each in of_labels for label in each["labels"]}
    if len(labels) < 2:
        raise InputError("all its rows have one label")
    if are_codes(labels):
        return tuple(sorted(labels, key=int))
    return tuple(sorted(labels))


def are_codes(labels: Sequence[str] | set[str]) -> bool:
    """Return whether labels are numbers that stand for classes.

    >>> are_codes(["0", "1"]), are_codes(["no", "yes"]), are_codes([])
    (True, False, False)
    """
    return bool(labels) and all(label.lstrip("-").isascii() and label.lstrip("-").isdigit() for label in labels)
