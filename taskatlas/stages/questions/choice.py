"""Choice: which subject for this dataset? Asked of all subjects, and of those that do not make it easy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

import numpy as np

from taskatlas.analyze.metrics import Choice, choice
from taskatlas.stages.questions.row import Measure, Row, Way, rows_of
from taskatlas.stages.questions.target import Target
from taskatlas.stages.questions.ways import Background, Guess, guesses

FEWEST_SUBJECTS = 3
_RANK = "Mean over datasets of Spearman's correlation of guess and measured score over a dataset's subjects."
_LOSS = "Mean over datasets of the best measured score less that of the subject with the highest guess."
_TRYING = "Trying is measured on the texts that were not tried."
_DISTINCT = (
    "Subjects whose answers are all alike, mostly mean no label of the dataset, or equal those of another are left out."
)


def choice_rows(cases: Sequence[tuple[Target, Background]]) -> Iterator[Row]:
    """Yield the rows of the questions choice and choice_distinct.

    Args:
        cases: every dataset that subjects were measured on, and what is known beside.
    """
    yield from _rows("choice", cases, _TRYING)
    distinct = [(target.distinct(), background) for target, background in cases]
    yield from _rows("choice_distinct", distinct, f"{_TRYING} {_DISTINCT}")


def _rows(benchmark: str, cases: Sequence[tuple[Target, Background]], note: str) -> Iterator[Row]:
    spearman: dict[Way, dict[str, float]] = {}
    loss: dict[Way, dict[str, float]] = {}
    for target, background in cases:
        for way, outcomes in _outcomes(guesses(target, background)).items():
            spearman.setdefault(way, {})[target.dataset] = fmean(outcome.spearman for outcome in outcomes)
            loss.setdefault(way, {})[target.dataset] = fmean(outcome.loss for outcome in outcomes)
    yield from rows_of(Measure(benchmark, "spearman", f"{_RANK} {note}"), spearman)
    yield from rows_of(Measure(benchmark, "loss", f"{_LOSS} {note}", sign=-1), loss)


def _outcomes(guessed: Iterator[Guess]) -> dict[Way, list[Choice]]:
    """Return what came of every way that guesses of three subjects or more, once per draw."""
    outcomes: dict[Way, list[Choice]] = {}
    for way, guess, truth in guessed:
        known = np.isfinite(guess) & np.isfinite(truth)
        if known.sum() >= FEWEST_SUBJECTS:
            outcomes.setdefault(way, []).append(choice(guess[known], truth[known]))
    return outcomes
