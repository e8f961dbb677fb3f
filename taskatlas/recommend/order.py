"""The order in which candidates are listed: by verdict, then by expected score, and nobody before one that was measured
to be better. Of those that are not known to beat the baseline, the ones that may do so all the same come first."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from taskatlas.recommend.baseline import Baseline
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.verdicts import ABLE, NO_BETTER, Bools, falls_short


def listed(candidates: Sequence[Candidate], verdicts: Sequence[str], better: Bools, baseline: Baseline) -> list[int]:
    """Return the indices of the candidates in their order.

    After those that beat the baseline come those that were measured and may do so, then all others of which anything is
    known, then those of which nothing is. Of the candidates of one such place, the one with the highest expected score
    comes first among those that none of the others was measured to be better than, then the next in the same way. So
    whoever is first of any selection was not measured to be worse than another one of its place in it. Equal ones stay
    as they came.

    Args:
        candidates: P of them.
        verdicts: on each.
        better: whether the row's was measured to be better than the column's, bool [P, P].
        baseline: what there is to beat.
    """
    places: dict[int, list[int]] = {}
    for index, (candidate, verdict) in enumerate(zip(candidates, verdicts, strict=True)):
        places.setdefault(_place(candidate, verdict, baseline), []).append(index)
    return [index for _, alike in sorted(places.items()) for index in _of_one_place(candidates, alike, better)]


def _place(candidate: Candidate, verdict: str, baseline: Baseline) -> int:
    if verdict in ABLE:
        return ABLE.index(verdict)
    if candidate.posterior is None:
        return len(ABLE) + 2
    return len(ABLE) + (verdict != NO_BETTER or falls_short(candidate, baseline))


def _of_one_place(candidates: Sequence[Candidate], alike: list[int], better: Bools) -> list[int]:
    """Kahn's topological order (1962) of "measured to be better", the highest expected score first."""
    beaten = {index: int(better[alike, index].sum()) for index in alike}
    free = [(-candidates[index].expected, index) for index in alike if not beaten[index]]
    heapq.heapify(free)
    order: list[int] = []
    while free:
        _, first = heapq.heappop(free)
        order.append(first)
        for index in map(int, np.flatnonzero(better[first])):
            if index in beaten:
                beaten[index] -= 1
                if not beaten[index]:
                    heapq.heappush(free, (-candidates[index].expected, index))
    circle = set(alike) - set(order)  # of candidates that answered different texts
    return order + sorted(circle, key=lambda index: (-candidates[index].expected, index))
