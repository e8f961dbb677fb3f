"""Ranking: how near do guesses come to a measured order, and what does the first pick cost?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import fmean
from typing import NamedTuple

import numpy as np

from taskatlas.analyze.metrics import Choice, choice
from taskatlas.stages.questions.row import Measure, Row, Way, rows_of
from taskatlas.stages.questions.ways import Guess


class RankingQuestion(NamedTuple):
    """A question about ranking candidates for datasets.

    Attributes:
        benchmark: the question.
        candidates: what is ranked, in words.
        note: what else a reader has to know of the results.
        fewest: candidates with a guess and a measured score that make a ranking.
    """

    benchmark: str
    candidates: str
    note: str
    fewest: int


def ranking_rows(asked: RankingQuestion, guessed: Mapping[str, Iterable[Guess]]) -> Iterator[Row]:
    """Yield what every way reached, in rank and in loss.

    Args:
        asked: the question.
        guessed: dataset → what every way guesses of its candidates, once per draw.
    """
    spearman: dict[Way, dict[str, float]] = {}
    loss: dict[Way, dict[str, float]] = {}
    for dataset, guesses in guessed.items():
        for way, outcomes in _outcomes(guesses, asked.fewest).items():
            spearman.setdefault(way, {})[dataset] = fmean(outcome.spearman for outcome in outcomes)
            loss.setdefault(way, {})[dataset] = fmean(outcome.loss for outcome in outcomes)
    rank = f"Mean over datasets of Spearman's correlation of guess and measured score over {asked.candidates}."
    cost = "Mean over datasets of the best measured score less that of the one with the highest guess"
    yield from rows_of(Measure(asked.benchmark, "spearman", f"{rank} {asked.note}"), spearman)
    yield from rows_of(Measure(asked.benchmark, "loss", f"{cost}, of {asked.candidates}. {asked.note}", sign=-1), loss)


def _outcomes(guesses: Iterable[Guess], fewest: int) -> dict[Way, list[Choice]]:
    """Return what came of every way that says enough, once per draw."""
    outcomes: dict[Way, list[Choice]] = {}
    for way, guess, truth in guesses:
        known = np.isfinite(guess) & np.isfinite(truth)
        if known.sum() >= fewest:
            outcomes.setdefault(way, []).append(choice(guess[known], truth[known]))
    return outcomes
