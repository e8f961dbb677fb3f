"""How well rankings of sources agree with measured transfers: NDCG and Regret@3 per target and setup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.metrics import bootstrap, ndcg, regret
from taskatlas.transfer.measured import Transfers

Floats = npt.NDArray[np.float64]
TRIED = 3
DEFINITION = (
    "NDCG as TaskWeb defines it, over all sources of a target: relevance = sources − rank, gain 2^relevance − "
    f"1, discount log2(rank + 2), × 100. Regret@{TRIED}: best 1 + relative change less the best of the {TRIED} sources "
    "ranked highest, over the best, in percent. Means over targets; 'mean' is over setups; in brackets 90% bootstrap "
    "intervals over targets."
)


class Measured(NamedTuple):
    """What a way reaches: NDCG and Regret in percent, setup × target, float64 [S, T]; NaN where nothing is known."""

    ndcg: Floats
    regret: Floats

    def by_target(self, name: str) -> Floats:
        """The mean over setups per target, of 'ndcg' or 'regret': float64 [T]."""
        return np.asarray(np.nanmean(getattr(self, name), axis=0), np.float64)


def measure(guess: Floats, transfers: Transfers) -> Measured:
    """Hold a guess, setup × target × source, float [S, n, n], against what was measured."""
    cells = [[_cell(g[t], c[t]) for t in transfers.targets] for g, c in zip(guess, transfers.change, strict=True)]
    values = np.asarray(cells, np.float64)
    return Measured(values[:, :, 0], values[:, :, 1])


def average(several: Sequence[Measured]) -> Measured:
    """The mean of what several draws reach."""
    return Measured(np.mean([one.ndcg for one in several], axis=0), np.mean([one.regret for one in several], axis=0))


def difference(ours: Measured, baseline: Measured) -> str:
    """The paired difference in NDCG by target, with the number of targets where it is above 0."""
    gain = ours.by_target("ndcg") - baseline.by_target("ndcg")
    mean, low, high = bootstrap(gain)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}], {int((gain > 0).sum())} of {len(gain)}"


def _cell(guess: Floats, change: Floats) -> tuple[float, float]:
    known = np.isfinite(change)
    if known.sum() < 2:
        return (np.nan, np.nan)
    score = 1.0 + change[known]
    return 100 * ndcg(guess[known], score), 100 * regret(guess[known], score, TRIED)
