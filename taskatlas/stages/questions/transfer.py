"""Transfer: which dataset should the surrogate learn first, held against what was measured of every pair?

FUTE's first experiment (Wang et al. 2024, arXiv 2402.14522, section 4.1), over the datasets of a project: whatever was
measured with a target is left out of what ranks its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import NamedTuple

import numpy as np

from taskatlas.analyze.metrics import ndcg, regret
from taskatlas.stages.questions.row import RANDOM, Measure, Row, Way, rows_of
from taskatlas.stages.questions.sources import LIKENESS, mean_lead_elsewhere
from taskatlas.stages.questions.target import Floats
from taskatlas.stages.questions.vectors import Pair, labels_seen
from taskatlas.stages.questions.ways import ORACLE, Guess, looked_up

Scores = Mapping[str, Mapping[str, float]]
"""Target → source → score, or gain."""
FEWEST_SOURCES = 3
TRIED = (1, 3)
DRAWS = 20
"""Of random orders: their mean is what chance reaches."""
FORECAST_GAIN = Way("forecast of transfers", "train split", "none")
"""What sources were worth for targets like it: `taskatlas.transfer.ranking.forecast_gains`."""
_NDCG = "Mean over targets of NDCG over all sources, by the score after each (TaskWeb, arXiv 2305.13256, section 4)."
_REGRET = "Mean over targets of (best score less the best of the {} sources ranked highest) / best"


class TransferCase(NamedTuple):
    """What was measured, and what ways know.

    Attributes:
        scores: target → source → score of the target after the source.
        gains: the same, less the score without it.
        kinds: dataset → what kind of task it is; sources of the target's kind are in its class.
        likeness: returns target → source → what it promises by vectors.
        forecast: returns target → source → what it promises by transfers of other targets.
        near: method → (dataset, dataset) → cosine of their vectors.
    """

    scores: Scores
    gains: Scores
    kinds: Mapping[str, object]
    likeness: Callable[[], Scores]
    forecast: Callable[[], Scores]
    near: Mapping[str, Mapping[Pair, float]]


def transfer_rows(case: TransferCase) -> Iterator[Row]:
    """Yield the rows of the questions transfer, over all sources, and transfer_in_class, over those of the target's
    kind."""
    if not any(len(of) >= FEWEST_SOURCES for of in case.scores.values()):
        return
    promised, forecast = case.likeness(), case.forecast()
    everything = dict.fromkeys(case.kinds)
    for benchmark, kinds in {"transfer": everything, "transfer_in_class": case.kinds}.items():
        sources = {t: [each for each in of if kinds[each] == kinds[t]] for t, of in case.scores.items()}
        asked = {target: of for target, of in sources.items() if len(of) >= FEWEST_SOURCES}
        yield from _rows(benchmark, {t: [*_guesses(t, of, case, promised, forecast)] for t, of in asked.items()})


def known_transfer_rows(cases: Sequence[TransferCase]) -> Iterator[Row]:
    """Yield the rows of the questions known_transfer and known_transfer_in_class: the same of transfers that somebody
    else measured, by the mean over their setups, each of which is a case. Gains are their scores, as no others need be
    known, and so there is no regret, which is a share of a score."""
    for benchmark, in_class in (("known_transfer", False), ("known_transfer_in_class", True)):
        guessed: dict[str, list[Guess]] = {}
        for case in cases:
            promised, forecast = case.likeness(), case.forecast()
            for target, of in case.scores.items():
                kind = case.kinds[target]
                sources = [each for each in of if not in_class or case.kinds[each] == kind]
                if len(sources) >= FEWEST_SOURCES:
                    guessed.setdefault(target, []).extend(_guesses(target, sources, case, promised, forecast))
        definition = f"{_NDCG} {_note(benchmark)} Of transfers on cards in known_transfers/, the mean over setups."
        yield from rows_of(Measure(benchmark, "ndcg", definition), _reached(guessed, ndcg))


def _guesses(
    target: str, sources: Sequence[str], case: TransferCase, promised: Scores, forecast: Scores
) -> Iterator[Guess]:
    truth = np.array([case.scores[target][source] for source in sources], np.float64)
    yield Guess(FORECAST_GAIN, looked_up(forecast.get(target, {}), sources), truth)
    yield Guess(LIKENESS, looked_up(promised.get(target, {}), sources), truth)
    for method, cosine in case.near.items():
        guess = looked_up(cosine, [(target, source) for source in sources])
        yield Guess(Way(f"cosine {method}", labels_seen(method), "none"), guess, truth)
    elsewhere = mean_lead_elsewhere(target, case.gains)
    way = Way("mean elsewhere", "none", "none", is_baseline=True)
    yield Guess(way, looked_up(elsewhere, sources), truth)
    for seed in range(DRAWS):
        yield Guess(RANDOM, np.random.default_rng(seed).random(len(sources)), truth)
    yield Guess(ORACLE, truth, truth)


def _rows(benchmark: str, guessed: Mapping[str, Sequence[Guess]]) -> Iterator[Row]:
    note = _note(benchmark)
    yield from rows_of(Measure(benchmark, "ndcg", f"{_NDCG} {note}"), _reached(guessed, ndcg))
    for k in TRIED:
        able = {target: of for target, of in guessed.items() if of[0].truth.max() > 0}
        definition = f"{_REGRET.format(k)}. {note}"
        lost = _reached(able, partial(regret, k=k))
        yield from rows_of(Measure(benchmark, f"regret_{k}", definition, sign=-1), lost)


def _note(benchmark: str) -> str:
    kind = " of the target's kind of task" if benchmark.endswith("_in_class") else ""
    return f"Sources: the other datasets{kind}. Whatever was measured with the target is left out."


def _reached(
    guessed: Mapping[str, Iterable[Guess]], measure: Callable[[Floats, Floats], float]
) -> dict[Way, dict[str, float]]:
    """Way → target → the mean over its draws."""
    reached: dict[Way, dict[str, float]] = {}
    for target, guesses in guessed.items():
        draws: dict[Way, list[float]] = {}
        for way, guess, truth in guesses:
            known = np.isfinite(guess)
            if known.sum() >= FEWEST_SOURCES:
                draws.setdefault(way, []).append(measure(guess[known], truth[known]))
        for way, values in draws.items():
            reached.setdefault(way, {})[target] = fmean(values)
    return reached
