"""The baseline: what is reached without any subject, by always answering the commoner class.

It is the commoner class of the test split itself, though nobody knows it beforehand: where classes are about as common,
that of the train split is another one half of the time, and a subject that leans to one class would look able by luck.
"""

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
        only: the one class or number that the test split holds; None where there are several. Nothing can be measured
            there: whoever always answers that class is always right, and no order can be told of one number.
    """

    score: float
    label: str | None = None
    only: str | None = None


def of_numbers(test: Sequence[float]) -> Baseline:
    """Return the baseline of a dataset of numbers: a constant has no rank correlation.

    >>> of_numbers([3.0, 3.0]).only, of_numbers([3.0, 4.0]).only
    ('3', None)

    Args:
        test: values of the test split.
    """
    return Baseline(0.0, only=f"{test[0]:g}" if len(set(test)) == 1 else None)


def of_classes(train: Sequence[str], test: Sequence[str]) -> Baseline:
    """Return the baseline of a dataset of classes: the most that one answer to all texts reaches on the test split.

    Of classes that are equally common there it is the one that is commoner in the train split, then the first by name.
    Where a split is empty the other stands in.

    >>> of_classes(["no", "no", "yes"], ["no", "yes", "yes", "yes"])
    Baseline(score=0.75, label='yes', only=None)

    Args:
        train: labels of the train split.
        test: labels of the test split.
    """
    seen, held = Counter(train or test), Counter(test or train)
    label = min(held, key=lambda name: (-held[name], -seen[name], name))
    only = next(iter(held)) if test and len(held) == 1 else None
    return Baseline(held[label] / held.total(), label, only)
