"""A task of the bank cut into answers without labels, labels to call on, and truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.llmbank import Ints, Task, expected_of, indications_of
from taskatlas.forecast.indications import Indications

Floats = npt.NDArray[np.float64]
Drawn = tuple[Ints, Ints, Ints]
"""Rows of texts: answered without labels, labelled, and those that the truth is measured on."""


@dataclass(frozen=True)
class Cut:
    """What is known of P models on a task, and what calls would say.

    Attributes:
        indications: from answers without labels, and labels without calls.
        hits: whether the models are right on the m labelled texts, bool [P, m]; calls buy columns of it.
        chances: how likely their students hold that to be, [P, m].
        gold: labels of those texts, [m].
        truth: accuracy on the last part, [P].
        whole: accuracy on all texts, [P]: what other tasks may learn from.
    """

    indications: Indications
    hits: npt.NDArray[np.bool_]
    chances: Floats
    gold: Ints
    truth: Floats
    whole: Floats


def halves(task: Task, seed: int) -> Drawn:
    """Draw halves: labels of the first, answers without labels to the second, on which the truth is measured, too."""
    order = _order(task, seed)
    middle = len(order) // 2
    return order[middle:], order[:middle], order[middle:]


def thirds(task: Task, seed: int) -> Drawn:
    """Draw thirds, so that nothing is known of the texts that the truth is measured on."""
    order, third = _order(task, seed), len(task.gold) // 3
    unlabelled, labelled, tested = (order[start : start + third] for start in (0, third, 2 * third))
    return unlabelled, labelled, tested


DRAWS: dict[str, Callable[[Task, int], Drawn]] = {"halves": halves, "thirds": thirds}


def cut(task: Task, drawn: Drawn) -> Cut:
    """Gather what each part tells."""
    unlabelled, labelled, tested = drawn
    expected, right = expected_of(task, unlabelled, labelled), task.answers == task.gold
    return Cut(
        indications_of(task, unlabelled, labelled, expected),
        right[:, labelled],
        np.stack([chances for chances, _ in expected]),
        task.gold[labelled],
        right[:, tested].mean(axis=1),
        right.mean(axis=1),
    )


def _order(task: Task, seed: int) -> Ints:
    # drawn apart for each task: the same rows of all of them would err together
    return np.random.default_rng([seed, *task.name.encode()]).permutation(len(task.gold))
