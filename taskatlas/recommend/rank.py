"""Rank the candidates of one question on one dataset: the rows of the table `recommendations`, but their notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskatlas.recommend.baseline import Baseline
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.order import listed
from taskatlas.recommend.verdicts import better_than, in_full, judge


@dataclass(frozen=True)
class Ranked:
    """A candidate with its place.

    Attributes:
        candidate: the candidate.
        rank: from 1.
        verdict: in full, as the table holds it.
    """

    candidate: Candidate
    rank: int
    verdict: str


def ranked(candidates: Sequence[Candidate], merits: Floats, of_baseline: Floats, baseline: Baseline) -> list[Ranked]:
    """Return the candidates in the order in which they are recommended; for the arguments see `verdicts.judge`.

    Equal ones stay in the order in which they came.
    """
    verdicts = judge(candidates, merits, of_baseline, baseline)
    order = listed(candidates, verdicts, better_than(merits), baseline)
    return [
        Ranked(candidates[index], rank, in_full(verdicts[index], baseline)) for rank, index in enumerate(order, start=1)
    ]
