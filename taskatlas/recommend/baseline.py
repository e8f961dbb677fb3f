"""The baseline: what is reached without any subject, by always answering the commoner class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Baseline:
    """What a candidate has to beat.

    Attributes:
        score: accuracy of always answering `label`; 0 for Spearman's correlation of numbers.
        label: the commoner class; None for numbers.
        only: the one class that the test split holds; None where there are several, or numbers. Nothing can be
            measured there: whoever always answers it is always right.
    """

    score: float
    label: str | None = None
    only: str | None = None


NUMBERS = Baseline(0.0)
"""A constant has no rank correlation."""


def of_classes(train: Sequence[str], test: Sequence[str]) -> Baseline:
    """Return the baseline of a dataset of classes.

    The class is the commonest among the train labels, as nobody who chooses has seen the test labels; of equally common
    ones that which is commoner in the test split, then the first by name. Where a split is empty the other stands in.

    >>> of_classes(["no", "no", "yes"], ["no", "yes", "yes", "yes"])
    Baseline(score=0.25, label='no', only=None)

    Args:
        train: labels of the train split.
        test: labels of the test split.
    """
    seen, held = Counter(train or test), Counter(test or train)
    label = min(seen, key=lambda name: (-seen[name], -held[name], name))
    only = next(iter(held)) if test and len(held) == 1 else None
    return Baseline(held[label] / held.total(), label, only)
