"""Measures of the benchmarks: how well a method of choosing did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.embed.measure import spearman
from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
_AT_ONCE = 1 << 22
"""Numbers that a bootstrap holds at once, besides its draws."""


class Choice(NamedTuple):
    """One choice among P candidates by a score that guesses their truth.

    Attributes:
        spearman: rank correlation of guess and truth over all candidates.
        pick: truth of the candidate with the highest guess; the mean over all that share it.
        best: highest truth.
        mean: mean truth, what a random pick gets on average.
        worst: lowest truth.
    """

    spearman: float
    pick: float
    best: float
    mean: float
    worst: float

    @property
    def loss(self) -> float:
        """What the pick costs against the best candidate, in the unit of the truth."""
        return self.best - self.pick


class Interval(NamedTuple):
    """A mean with its 90% bootstrap interval."""

    mean: float
    low: float
    high: float


def choice(guess: npt.ArrayLike, truth: npt.ArrayLike) -> Choice:
    """Measure how well guesses choose among candidates.

    Args:
        guess: a guessed score per candidate, float [P].
        truth: their true scores, float [P].

    Raises:
        InputError: no candidates, or another number of guesses.
    """
    guessed, true = _pair(guess, truth)
    highest = guessed >= guessed.max() - 1e-12
    best, worst = float(true.max()), float(true.min())
    return Choice(spearman(guessed, true), float(true[highest].mean()), best, float(true.mean()), worst)


def ndcg(guess: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Return the normalised discounted cumulative gain over all sources of a target, in (0, 1].

    As TaskWeb defines it (Kim et al. 2023, arXiv 2305.13256, section 4): relevance = number of sources − true rank
    (from 0), gain = 2^relevance − 1, discount = log2(i + 2) for the source guessed at rank i (from 0). Sources with
    equal guesses keep their order.

    >>> ndcg([3, 2, 1], [0.9, 0.5, 0.1])
    1.0

    Args:
        guess: a guessed score per source, float [P].
        truth: their true scores, float [P].

    Raises:
        InputError: no sources, or another number of guesses.
    """
    guessed, true = _pair(guess, truth)
    gain = np.empty(len(true))
    gain[np.argsort(-true, kind="stable")] = 2.0 ** np.arange(len(true), 0, -1) - 1.0
    discount = np.log2(np.arange(len(true)) + 2.0)
    gained = (gain[np.argsort(-guessed, kind="stable")] / discount).sum()
    return float(gained / (np.sort(gain)[::-1] / discount).sum())


def regret(guess: npt.ArrayLike, truth: npt.ArrayLike, k: int) -> float:
    """Return regret@k: (best − best of the k guessed highest) / best. Equal guesses keep their order.

    Args:
        guess: a guessed score per candidate, float [P].
        truth: their true scores, float [P], of which the best is above 0.
        k: candidates that are tried.

    Raises:
        InputError: no candidates, another number of guesses, k below 1, or no score above 0.
    """
    guessed, true = _pair(guess, truth)
    if k < 1 or true.max() <= 0:
        raise InputError(f"regret@{k} needs k of 1 or more, and a score above 0")
    tried = np.argsort(-guessed, kind="stable")[:k]
    return float((true.max() - true[tried].max()) / true.max())


def siblings(similarity: npt.NDArray[np.floating], families: Sequence[str]) -> dict[int, int]:
    """Find the nearest other dataset of every dataset whose family has another member.

    Args:
        similarity: of all pairs of datasets, float [N, N].
        families: the N datasets' families.

    Returns:
        Index of a dataset → index of its nearest; it is a hit where both are of one family.
    """
    others = np.where(np.eye(len(families), dtype=bool), -np.inf, similarity)
    return {i: int(others[i].argmax()) for i, family in enumerate(families) if list(families).count(family) > 1}


def sibling_shares(similarity: npt.NDArray[np.floating], families: Sequence[str]) -> dict[int, float]:
    """Find how many of the nearest others are siblings, of every dataset whose family has another member.

    Where several others are equally near, none of them is the nearest one.

    Args:
        similarity: of all pairs of datasets, float [N, N].
        families: the N datasets' families.

    Returns:
        Index of a dataset → the share of its nearest others that are of its family.
    """
    others = np.where(np.eye(len(families), dtype=bool), -np.inf, similarity)
    shares = {}
    for i, family in enumerate(families):
        if list(families).count(family) > 1:
            nearest = np.flatnonzero(others[i] >= others[i].max() - 1e-9).tolist()
            shares[i] = float(np.mean([families[other] == family for other in nearest]))
    return shares


def bootstrap(values: npt.ArrayLike, *, resamples: int = 2_000, seed: int = 0) -> Interval:
    """Return the mean of values [n] with its 90% percentile bootstrap interval (Efron 1979), seeded.

    Raises:
        InputError: no values.
    """
    sample = np.asarray(values, np.float64)
    if not len(sample):
        raise InputError("there is nothing to take the mean of")
    draws = np.random.default_rng(seed).integers(0, len(sample), size=(resamples, len(sample)))
    means = [sample[some].mean(axis=1) for some in np.array_split(draws, 1 + draws.size // _AT_ONCE)]
    low, high = np.percentile(np.concatenate(means), (5.0, 95.0))
    return Interval(float(sample.mean()), float(low), float(high))


def sign_flip(differences: npt.ArrayLike, *, draws: int = 2_000, seed: int = 0) -> float:
    """Return the two-sided p-value of paired differences [n]: how often their mean would be as far from 0 if the sign
    of each were a coin's (Fisher 1935, section 21; the randomisation test).

    All signs are tried for 11 differences or fewer, else they are drawn, seeded.

    >>> sign_flip([0.1, 0.2, 0.3])
    0.25

    Raises:
        InputError: no differences.
    """
    values = np.asarray(differences, np.float64)
    if not len(values):
        raise InputError("there is nothing to compare")
    if 2 ** len(values) <= draws:
        signs = 1 - 2 * ((np.arange(2 ** len(values))[:, None] >> np.arange(len(values))) & 1)
        return _as_far(signs @ values, values)
    random = np.random.default_rng(seed)
    parts = np.array_split(np.arange(draws - 1), 1 + draws * len(values) // _AT_ONCE)
    sums = [(1 - 2 * random.integers(0, 2, (len(part), len(values)), np.int8)) @ values for part in parts]
    return _as_far(np.concatenate([*sums, [values.sum()]]), values)  # what was seen is one of the draws


def _as_far(sums: Floats, values: Floats) -> float:
    return float(np.mean(np.abs(sums) >= abs(values.sum()) - 1e-12))


def _pair(guess: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Floats]:
    guessed, true = np.asarray(guess, np.float64), np.asarray(truth, np.float64)
    if not len(true) or guessed.shape != true.shape:
        raise InputError(f"{guessed.size} guesses do not fit {true.size} candidates")
    return guessed, true
