"""The ways of guessing what prompts reach on a target, and what they reach over draws of the texts that are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.smollm.targets import Target
from taskatlas.analyze.metrics import choice

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DRAWS, TRIED, HELD = 20, (8, 16, 64), 64
"""Draws of the texts that may be tried; how many are, by row of the table; and how many the truth leaves out."""
STRENGTH = 0.3
"""λ of the combination, as a share of its features' mean square; chosen before the first look, and not searched."""


class Way(NamedTuple):
    """A way of guessing.

    Attributes:
        labels: of the target, that it uses.
        calls: on the target.
        guess: a guess per prompt, from a target, the other targets, and the texts in the order in which they are tried.
        accuracy: whether the guess is one of accuracy.
    """

    labels: int
    calls: int
    guess: Callable[[Target, Sequence[Target], Ints], Floats]
    accuracy: bool = True


class Reached(NamedTuple):
    """What a way reached on a target, by draw: Spearman, and in points loss and error; NaN where it guesses none."""

    spearman: Floats
    loss: Floats
    error: Floats


def student(target: Target, *_: object) -> Floats:
    """The forecast as taskatlas makes it."""
    return np.array([forecast.value for forecast in target.forecasts])


def agreement(target: Target, *_: object) -> Floats:
    """How often a prompt answers the corpus as a student of the target's labels does."""
    return target.agreement


def combined(target: Target, others: Sequence[Target], _: Ints) -> Floats:
    """Ridge regression of accuracy on forecast, agreement and fidelity, all as they differ within a target, over the
    prompts of the other targets; the level is the forecasts' own."""
    x = np.concatenate([_features(other) for other in others])
    y = np.concatenate([_centred(other.right.mean(axis=1)) for other in others])
    penalty = STRENGTH * len(x) * float(np.mean(x**2)) * np.eye(x.shape[1])
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ y)
    return np.clip(student(target).mean() + _features(target) @ weights, 0.0, 1.0)


def _features(target: Target) -> Floats:
    fidelity = np.array([forecast.fidelity for forecast in target.forecasts])
    return np.stack([_centred(student(target)), _centred(target.agreement), _centred(fidelity)], axis=1)


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean())


def _trying(k: int) -> Way:
    return Way(k, k, lambda target, _, rows: target.right[:, rows[:k]].mean(axis=1))


STUDENT, TRYING = "student forecast", f"trying on {HELD} labels"
WAYS: Mapping[str, Way] = {
    STUDENT: Way(400, 0, student),
    "agreement with a student of the labels": Way(400, 0, agreement, accuracy=False),
    "both and fidelity, fitted on the other targets": Way(400, 0, combined),
    **{f"trying on {k} labels": _trying(k) for k in TRIED},
    "random": Way(0, 0, lambda target, _, rows: np.random.default_rng(rows[:4]).random(len(target.right)), False),
}


def reach(way: Way, target: Target, others: Sequence[Target]) -> Reached:
    """What a way reaches on a target; truth is the accuracy on the texts that are not drawn for trying."""
    rows = []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(target.right.shape[1])
        truth, guess = target.right[:, order[HELD:]].mean(axis=1), way.guess(target, others, order)
        chosen = choice(guess, truth)
        error = 100 * float(np.abs(guess - truth).mean()) if way.accuracy else np.nan
        rows.append((chosen.spearman, 100 * chosen.loss, error))
    return Reached(*np.array(rows).T)
