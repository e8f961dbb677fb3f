"""The order in which candidates are listed: by verdict, then by expected score, and nobody before one that was measured
to be better."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.verdicts import BEST, VERDICTS, Bools


def listed(candidates: Sequence[Candidate], verdicts: Sequence[str], better: Bools) -> list[int]:
    """Return the indices of the candidates in their order.

    Of candidates with one verdict, the one with the highest expected score comes first among those that none of the
    others was measured to be better than, then the next in the same way. So whoever is first of any selection was not
    measured to be worse than another one of its verdict in it. Equal ones stay as they came.

    Args:
        candidates: P of them.
        verdicts: on each.
        better: whether the row's was measured to be better than the column's, bool [P, P].
    """
    order: list[int] = []
    for verdict in VERDICTS:
        alike = [index for index, found in enumerate(verdicts) if found == verdict]
        order += alike if verdict == BEST else _of_one_verdict(candidates, alike, better)
    return order


def _of_one_verdict(candidates: Sequence[Candidate], alike: list[int], better: Bools) -> list[int]:
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
