"""The ways of ranking sources that are held against each other; each guesses setup × target × source, [S, n, n]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.transfer_measure import measure
from taskatlas.transfer.likeness import combine
from taskatlas.transfer.measured import Transfers, mean_known
from taskatlas.transfer.ranking import SETTINGS, Settings, by_vectors, forecast_gains, mean_elsewhere

Floats = npt.NDArray[np.float64]
GRID = tuple(
    Settings(width=width, prior=prior, own=own, strength=strength)
    for width, prior, own, strength in product((0.25, 0.4, 0.6), (0.1, 0.2, 0.4), (0.0, 0.3), (10.0, 100.0))
)
"""Settings among which a choice is made on the other targets."""


SHARES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""What breadth is weighed by, against its default."""


class Case(NamedTuple):
    """What is known of n datasets.

    Attributes:
        transfers: between them.
        sides: how alike they are by inputs and by outputs, [2, n, n].
        breadth: their head start as sources by breadth, [n].
        spaces: space → cosines, [n, n].
    """

    transfers: Transfers
    sides: Floats
    breadth: Floats
    spaces: dict[str, Floats]


def ways(case: Case) -> dict[str, Floats]:
    """Way → its guess, setup × target × source."""
    transfers, sides, breadth = case.transfers, case.sides, case.breadth
    setups, five = len(transfers.setups), np.stack([*sides, *case.spaces.values()])
    return {f"cosine, {name}": alike(near, setups) for name, near in case.spaces.items()} | {
        "mean elsewhere": elsewhere(transfers),
        "pivots, weighted by text": pivots(transfers, sides[0]),
        "vectors alone, no breadth": alone(sides, np.zeros(len(breadth)), setups),
        "vectors alone": alone(sides, breadth, setups),
        "vectors alone, chosen elsewhere": chosen_elsewhere(combined(five, breadth, setups), transfers),
        "forecast": forecast_all(sides, breadth, transfers),
        "forecast, five sides": forecast_all(five, breadth, transfers),
        "forecast, chosen elsewhere": forecast_nested([sides, five], breadth, transfers),
        "the target's transfers in other setups": other_setups(transfers),
        "oracle": np.nan_to_num(transfers.change),
    }


def alike(similarity: Floats, setups: int) -> Floats:
    """A similarity of all pairs [n, n] as a guess, the same in every setup."""
    return np.broadcast_to(similarity, (setups, *similarity.shape))


def alone(sides: Floats, start: Floats, setups: int) -> Floats:
    """Vectors alone: equal weights of the sides, and head starts; nothing is fitted on transfers."""
    likeness = combine(sides, np.full(len(sides), 1.0 / len(sides)))
    return alike(np.stack([by_vectors(likeness, start, target) for target in range(len(start))]), setups)


def combined(sides: Floats, breadth: Floats, setups: int) -> list[Floats]:
    """Vectors alone with every choice of one to three sides, and with every share of breadth."""
    chosen = [choice for count in (1, 2, 3) for choice in combinations(sides, count)]
    return [alone(np.stack(choice), share * breadth, setups) for choice in chosen for share in SHARES]


def elsewhere(transfers: Transfers) -> Floats:
    """The mean change that a source brought other targets in the setup."""
    return _by_target(transfers, lambda target: mean_elsewhere(transfers, target))


def pivots(transfers: Transfers, similarity: Floats) -> Floats:
    """The mean change that a source brought other targets in the setup, weighted by their cosine with the target where
    it is above 0; after the pivots of TaskShop (Kim et al. 2023, section 4)."""

    def guess(target: int) -> Floats:
        change, near = transfers.without(target).change, np.maximum(similarity[target], 0.0)
        known = np.isfinite(change)
        total = np.einsum("p,spn->sn", near, np.where(known, change, 0.0))
        return np.asarray(total / np.maximum(np.einsum("p,spn->sn", near, known), 1e-12), np.float64)

    return _by_target(transfers, guess)


def other_setups(transfers: Transfers) -> Floats:
    """What the target's own sources did in the other setups: a ceiling, and no forecast."""
    setups = range(len(transfers.setups))
    means = [mean_known(transfers.change[[other for other in setups if other != setup]]) for setup in setups]
    return np.nan_to_num(np.stack(means))


def forecast_all(sides: Floats, start: Floats, transfers: Transfers, settings: Settings = SETTINGS) -> Floats:
    """Our forecast of every target without it."""
    return _by_target(transfers, lambda target: forecast_gains(sides, start, transfers, target, settings))


def chosen_elsewhere(candidates: Sequence[Floats], transfers: Transfers) -> Floats:
    """For every target the candidate, [S, n, n], that did best on the other targets, the target being no source."""

    def guess(target: int) -> Floats:
        known = transfers.without(target)
        reached = [measure(candidate, known).by_target("ndcg").mean() for candidate in candidates]
        return candidates[int(np.argmax(reached))][:, target]

    return _by_target(transfers, guess)


def forecast_nested(
    choices: Sequence[Floats], start: Floats, transfers: Transfers, grid: Sequence[Settings] = GRID
) -> Floats:
    """Our forecast with the sides and settings that did best on the other targets, each forecast without both."""
    options = list(product(choices, grid))

    def guess(target: int) -> Floats:
        known = transfers.without(target)
        guesses = [forecast_all(sides, start, known, settings) for sides, settings in options]
        reached = [measure(one, known).by_target("ndcg").mean() for one in guesses]
        sides, settings = options[int(np.argmax(reached))]
        return forecast_gains(sides, start, transfers, target, settings)

    return _by_target(transfers, guess)


def fewer(transfers: Transfers, target: int, count: int, seed: int) -> Transfers:
    """The transfers to `count` targets that are drawn at random among the others."""
    others = [other for other in transfers.targets if other != target]
    hidden = np.random.default_rng((seed, target)).permutation(others)[count:]
    change = transfers.change.copy()
    change[:, hidden] = np.nan
    return Transfers(transfers.datasets, transfers.setups, change)


def _by_target(transfers: Transfers, guess: Callable[[int], Floats]) -> Floats:
    guesses = np.full(transfers.change.shape, np.nan)
    for target in transfers.targets:
        guesses[:, target] = guess(target)
    return guesses
