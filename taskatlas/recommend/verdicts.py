"""The verdict on each candidate: measured first, against the baseline, and against the best in pairs.

A measured candidate has to beat the baseline text by text, whatever was forecast. Among those that do, the best is the
one with the highest expected score that no other was measured to be better than. A candidate that was not measured, but
tried, forecast or known from elsewhere, has to clear the baseline with its whole interval, unless the texts that it was
tried on tell already; it takes the first place from one that beats the baseline text by text only where the interval of
their difference does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.recommend.baseline import Baseline
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.paired import differences

BEST = "best"
TIED = "tied with the best"
WORSE = "worse"
NO_BETTER = "no better than"
UNKNOWN = "unknown"
ABLE = (BEST, TIED, WORSE)
"""Verdicts on those that beat the baseline, in the order in which they are listed."""
VERDICTS = (*ABLE, NO_BETTER, UNKNOWN)
Bools = npt.NDArray[np.bool_]


def in_full(verdict: str, baseline: Baseline) -> str:
    """Return a verdict as tables hold it: with what it is no better than.

    >>> in_full(NO_BETTER, Baseline(0.6, "positive"))
    'no better than always answering positive'
    """
    if verdict != NO_BETTER:
        return verdict
    return f"{verdict} {'chance' if baseline.label is None else f'always answering {baseline.label}'}"


def judge(candidates: Sequence[Candidate], merits: Floats, of_baseline: Floats, baseline: Baseline) -> list[str]:
    """Return the verdict on each of P candidates.

    Args:
        candidates: of one dataset and metric.
        merits: what each of n test texts adds to their measured scores, float64 [P, n]; NaN where one gave no answer,
            and throughout where it was not measured.
        of_baseline: the same of the baseline, float64 [n].
        baseline: the baseline.
    """
    if not candidates or baseline.only is not None:
        return [UNKNOWN] * len(candidates)
    better, beats = _compared(merits, of_baseline)
    clears = np.asarray([_clears(candidate, baseline) for candidate in candidates])
    able = beats | clears
    texts = merits.shape[1]
    verdicts = [
        NO_BETTER if _is_measured(candidate, texts) or falls_short(candidate, baseline) else UNKNOWN
        for candidate in candidates
    ]
    if not able.any():
        return verdicts
    best = _best(candidates, better, beats, clears)
    for index in np.flatnonzero(able):
        verdicts[index] = WORSE if _is_worse(candidates, better, best, int(index)) else TIED
    verdicts[best] = BEST
    return verdicts


def better_than(merits: Floats) -> Bools:
    """Return whether the row's candidate was measured to be better than the column's by more than the interval of their
    difference, bool [P, P].

    Only those that answered are compared: of which only scores are known there may be thousands.
    """
    asked = np.flatnonzero(~np.isnan(merits).all(axis=1))
    better = np.zeros((len(merits), len(merits)), np.bool_)
    better[np.ix_(asked, asked)] = np.nan_to_num(differences(merits[asked]).low, nan=-1.0) > 0
    return better


def _compared(merits: Floats, of_baseline: Floats) -> tuple[Bools, Bools]:
    """(who is better than whom [P, P], who beats the baseline [P]).

    Whoever is better than one that beats the baseline beats it, too: where they answered other texts, the intervals
    alone might say otherwise.
    """
    everyone = better_than(np.vstack([merits, of_baseline[None, :]]))
    better, beats = everyone[:-1, :-1], everyone[:-1, -1]
    while (more := beats | (better & beats[None, :]).any(axis=1)).sum() > beats.sum():
        beats = more
    return better, beats


def _clears(candidate: Candidate, baseline: Baseline) -> bool:
    """Whether nothing was measured, and all of the interval of what is known lies above the baseline."""
    return candidate.measured is None and candidate.reach is not None and candidate.reach[0] > baseline.score


def _is_measured(candidate: Candidate, texts: int) -> bool:
    """Whether all of the texts have spoken: one that was tried on each of them is as good as measured."""
    return candidate.measured is not None or (candidate.tried is not None and candidate.tried.n >= texts)


def falls_short(candidate: Candidate, baseline: Baseline) -> bool:
    """Return whether all of the interval of what is known lies below the baseline, or ends there."""
    return candidate.reach is not None and candidate.reach[1] <= baseline.score


def _best(candidates: Sequence[Candidate], better: Bools, beats: Bools, clears: Bools) -> int:
    """The index of the best; one that was not measured is it where nobody measured is, or by more than its error."""
    expected = np.asarray([candidate.expected for candidate in candidates])
    untried = int(np.where(clears, expected, -np.inf).argmax()) if clears.any() else None
    if not beats.any():
        assert untried is not None, "somebody beats the baseline or clears it"
        return untried
    unbeaten = beats & ~better.any(axis=0)
    if not unbeaten.any():  # a circle, of candidates that answered different texts
        unbeaten = beats
    measured = int(np.where(unbeaten, expected, -np.inf).argmax())
    is_ahead = untried is not None and _is_apart(candidates[untried], candidates[measured])
    return untried if untried is not None and is_ahead else measured


def _is_worse(candidates: Sequence[Candidate], better: Bools, best: int, index: int) -> bool:
    """Whether a candidate is worse than the best: in pairs where both were measured, else by them or by what is known
    of each."""
    if candidates[best].measured and candidates[index].measured:
        return bool(better[best, index])
    return bool(better[best, index]) or _is_apart(candidates[best], candidates[index])


def _is_apart(first: Candidate, second: Candidate) -> bool:
    """Whether the first is expected to be better by more than the error of the difference."""
    one, other = first.posterior, second.posterior
    assert one is not None, "only candidates of which something is known are compared"
    assert other is not None, "only candidates of which something is known are compared"
    return one.is_above(other)
