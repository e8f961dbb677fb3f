"""The ways of guessing what prompts reach on a target, and what they reach over draws of the texts that are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.smollm.targets import Target
from taskatlas.analyze.metrics import choice
from taskatlas.forecast.left_out import Forecasts, forecast_left_out

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DRAWS, TRIED, HELD = 20, (8, 16, 64), 64
"""Draws of the texts that may be tried; how many are, by row of the table; and how many the truth leaves out."""


class Known(NamedTuple):
    """What a way may look at: the target, its forecasts, fitted on the other targets, and its texts in the order in
    which they are tried."""

    target: Target
    forecasts: Forecasts
    order: Ints


class Way(NamedTuple):
    """A way of guessing: labels of the target that it uses, calls on it, and its guess per prompt; `accuracy` says
    whether that is one of accuracy."""

    labels: int
    calls: int
    guess: Callable[[Known], Floats]
    accuracy: bool = True


class Reached(NamedTuple):
    """What a way reached on a target, by draw: Spearman, and in points loss and error; NaN where it guesses none."""

    spearman: Floats
    loss: Floats
    error: Floats


def _trying(k: int) -> Way:
    return Way(k, k, lambda known: known.target.right[:, known.order[:k]].mean(axis=1))


def _random(known: Known) -> Floats:
    return np.random.default_rng(known.order[:4]).random(len(known.target.right))


FORECAST, STUDENT, TRYING = "forecast", "student alone", f"trying on {HELD} labels"
WAYS: Mapping[str, Way] = {
    FORECAST: Way(400, 0, lambda known: known.forecasts.values),
    STUDENT: Way(400, 0, lambda known: known.target.indications.student),
    "consensus": Way(400, 0, lambda known: known.target.indications.consensus),
    "agreement with the gold student": Way(400, 0, lambda known: known.target.indications.agreement, accuracy=False),
    **{f"trying on {k} labels": _trying(k) for k in TRIED},
    "random": Way(0, 0, _random, accuracy=False),
}


def forecasts(targets: Sequence[Target]) -> dict[str, Forecasts]:
    """Forecasts of each target's prompts, fitted on the other targets."""
    scores = {
        target.name: dict(zip(target.indications.subjects, target.right.mean(axis=1).tolist(), strict=True))
        for target in targets
    }
    return forecast_left_out([each.indications for each in targets], scores)


def reach(way: Way, target: Target, of_target: Forecasts) -> Reached:
    """What a way reaches on a target; truth is the accuracy on the texts that are not drawn for trying."""
    rows = []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(target.right.shape[1])
        truth, guess = target.right[:, order[HELD:]].mean(axis=1), way.guess(Known(target, of_target, order))
        chosen = choice(guess, truth)
        error = 100 * float(np.abs(guess - truth).mean()) if way.accuracy else np.nan
        rows.append((chosen.spearman, 100 * chosen.loss, error))
    return Reached(*np.array(rows).T)
