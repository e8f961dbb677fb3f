"""The ways of choosing a subject for a dataset: what each guesses of the subjects, and what it may see for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from taskatlas.analyze import selection
from taskatlas.analyze.elsewhere import mean_elsewhere, nearest_elsewhere
from taskatlas.stages.questions.row import FORECAST, RANDOM, STUDENT, Way
from taskatlas.stages.questions.target import Floats, Target
from taskatlas.stages.questions.vectors import labels_seen

K = TypeVar("K")
TRIES = (8, 16, 64, 256)
"""Labelled texts on which every subject is tried, where the test split holds twice as many."""
DRAWS = 20
"""Of the texts that are tried: a way's result is the mean over them."""
FAIR = 64
"""Labels up to which trying is a baseline: who has labelled more has measured, and needs no guess."""
ORACLE = Way("oracle", "test split", "one per test text")


class Guess(NamedTuple):
    """What a way guesses of the P subjects of a target, and what is true of them: float64 [P]; NaN says nothing."""

    way: Way
    guess: Floats
    truth: Floats


@dataclass(frozen=True)
class Background:
    """What is known beside the target's own scores.

    Attributes:
        forecasts: (subject, dataset) → forecast score.
        students: (subject, dataset) → what the subject's student alone forecasts.
        cosines: method → (subject, dataset) → cosine of their vectors.
        nearness: method → (dataset, dataset) → cosine of their vectors.
        measured: dataset → subject → score, of datasets that have the target's metric.
    """

    forecasts: Mapping[tuple[str, str], float]
    students: Mapping[tuple[str, str], float]
    cosines: Mapping[str, Mapping[tuple[str, str], float]]
    nearness: Mapping[str, Mapping[tuple[str, str], float]]
    measured: Mapping[str, Mapping[str, float]]


def guesses(target: Target, background: Background) -> Iterator[Guess]:
    """Yield what every way guesses; a way that draws comes once per draw."""
    pairs = [(subject, target.dataset) for subject in target.subjects]
    yield Guess(FORECAST, looked_up(background.forecasts, pairs), target.truth)
    yield Guess(STUDENT, looked_up(background.students, pairs), target.truth)
    for method, cosine in background.cosines.items():
        yield Guess(Way(f"cosine {method}", "train split", "none"), looked_up(cosine, pairs), target.truth)
    yield from _elsewhere(target, background)
    yield from _unlabelled(target)
    yield from _tried(target)
    yield Guess(RANDOM, np.zeros(len(target.truth)), target.truth)
    yield Guess(ORACLE, target.truth, target.truth)


def _elsewhere(target: Target, background: Background) -> Iterator[Guess]:
    others = [dataset for dataset in background.measured if dataset != target.dataset]
    scores = np.array(
        [[background.measured[dataset].get(subject, np.nan) for dataset in others] for subject in target.subjects]
    ).reshape(len(target.subjects), len(others))
    yield Guess(Way("mean elsewhere", "none", "none", is_baseline=True), mean_elsewhere(scores), target.truth)
    for method, near in background.nearness.items():
        similarity = looked_up(near, [(target.dataset, dataset) for dataset in others])
        way = Way(f"nearest dataset's best, {method}", labels_seen(method), "none", is_baseline=True)
        yield Guess(way, nearest_elsewhere(scores, similarity), target.truth)


def _unlabelled(target: Target) -> Iterator[Guess]:
    if target.probabilities is None:
        return
    whole = _answered_whole(target.probabilities)
    for name, way in selection.UNLABELLED.items() if whole.any() else ():
        guess = np.full(len(whole), np.nan)
        guess[whole] = way(target.probabilities[whole])
        yield Guess(Way(name, "none", "one per test text", is_baseline=True), guess, target.truth)


def _tried(target: Target) -> Iterator[Guess]:
    """Try on some of the test texts, and measure on the others."""
    if target.probabilities is None or target.labels is None:
        return
    whole = _answered_whole(target.probabilities)
    right = np.where(whole[:, None], target.probabilities.argmax(axis=2) == target.labels, np.nan)
    for k in TRIES:
        way = Way(f"trying on {k} labels", str(k), str(k), is_baseline=k <= FAIR)
        for seed in range(DRAWS) if 2 * k <= len(target.labels) else ():
            order = np.random.default_rng(seed).permutation(len(target.labels))
            yield Guess(way, right[:, order[:k]].mean(axis=1), right[:, order[k:]].mean(axis=1))


def _answered_whole(p: Floats) -> npt.NDArray[np.bool_]:
    """Return which subjects answered all texts, bool [P]: ways that compare answers take the same ones of each."""
    return np.array([np.isfinite(of_subject).all() for of_subject in p], np.bool_)


def looked_up(known: Mapping[K, float], keys: Iterable[K]) -> Floats:
    """Return what is known under each key, float64 [n]; NaN where nothing is."""
    return np.array([known.get(key, np.nan) for key in keys], np.float64)
