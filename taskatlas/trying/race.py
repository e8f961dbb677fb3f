"""A race: calls go to the subjects that may be the best, in rounds, and end where it is clear which one is.

Successive halving (Karnin et al. 2013, "Almost Optimal Exploration in Multi-Armed Bandits", algorithm 1) on what is
known of each subject after its forecast and its calls, not on the calls alone. So subjects with a poor forecast are
never called, and a good one is not dropped for a few unlucky texts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest
from typing import NamedTuple

from taskatlas.recommend.posterior import Estimate, Posterior, posterior

FEWEST = 4
"""Contenders that are called at least, where there are as many, whatever is forecast of the others."""
LEAST_CALLS = 8
"""Calls of a contender in the first round: with fewer, more subjects are called than can be told apart."""
UNFORESEEN = Estimate(0.5, 0.0, 1.0, 0)
"""What is expected of a subject that nothing is known of."""
Ask = Callable[[Mapping[str, int]], Mapping[str, Estimate | None]]
"""Subject → how many of the first texts of the order it must have answered; what they say of its score in return, None
where it answered nothing."""


@dataclass(frozen=True)
class Contender:
    """A subject in a race.

    Attributes:
        name: of the subject.
        metric: accuracy or spearman.
        forecast: its forecast, where there is one.
        tried: what its calls say so far.
        asked: of how many texts.
    """

    name: str
    metric: str
    forecast: Estimate | None = None
    tried: Estimate | None = None
    asked: int = 0

    @property
    def known(self) -> Posterior:
        """What is known of its score."""
        found = posterior(self.metric, self.tried, self.forecast or UNFORESEEN)
        assert found is not None, "something is always expected"
        return found


class RaceOutcome(NamedTuple):
    """How a race ended.

    Attributes:
        contenders: all that entered it, the one that is expected to be best first.
        calls: that they were asked for.
        is_clear: whether no other contender may be better than the first, by the 90% interval of the difference.
    """

    contenders: tuple[Contender, ...]
    calls: int
    is_clear: bool


def race(subjects: Sequence[Contender], calls: int, texts: int, ask: Ask) -> RaceOutcome:
    """Spend calls on who may be the best of the subjects.

    Args:
        subjects: of one dataset; two that are alike stay in the order in which they come. What they were asked before
            costs nothing.
        calls: that may be spent, 1 or more.
        texts: that each may be asked about.
        ask: asks; a subject that it returns nothing for is asked no more, and stays with what is known of it.
    """
    known = {each.name: each for each in subjects}
    racing = [each.name for each in _entered([each for each in subjects if each.asked < texts], calls)]
    rounds = max(1, math.ceil(math.log2(max(len(racing), 2))))
    spent = 0
    for left in range(rounds, 0, -1):
        if not racing or is_first_clear(by_expected(known.values())):
            break
        share = (calls - spent) // left // len(racing)
        owed = _owed([known[name] for name in racing], share or int(left == 1), texts, calls - spent)
        said = ask(owed) if owed else {}
        for name, count in owed.items():
            spent += count - known[name].asked
            known[name] = replace(known[name], asked=count, tried=said.get(name) or known[name].tried)
        racing = [name for name in racing if name not in owed or said.get(name) is not None]
        racing = [each.name for each in by_expected([known[name] for name in racing])[: math.ceil(len(racing) / 2)]]
    best = by_expected(known.values())
    return RaceOutcome(tuple(best), spent, is_first_clear(best))


def _entered(subjects: Sequence[Contender], calls: int) -> list[Contender]:
    """The better half by what is expected of those that something is known of, and all others, as far as the calls
    reach: where they do not reach all of these, the best and an unknown one in turn."""
    known = by_expected(each for each in subjects if each.forecast is not None or each.tried is not None)
    unknown = [each for each in subjects if each.forecast is None and each.tried is None]
    reach = max(min(FEWEST, len(subjects)), len(subjects) - len(known) // 2)
    while reach > FEWEST and calls // max(1, math.ceil(math.log2(reach))) // reach < LEAST_CALLS:
        reach -= 1
    better = known[: len(known) - len(known) // 2]
    in_turn = [each for pair in zip_longest(better, unknown) for each in pair if each is not None]
    return [*in_turn, *known[len(better) :]][: max(1, min(reach, calls))]


def _owed(racing: Sequence[Contender], share: int, texts: int, calls: int) -> dict[str, int]:
    """How many texts each is to have answered after this round; those for whom that is more than before. Whoever has
    answered fewer catches up first, so that all are compared on as many."""
    owed, level = {}, _level([each.asked for each in racing], share * len(racing))
    for each in racing:
        more = min(level - each.asked, texts - each.asked, calls)
        if more > 0:
            owed[each.name] = each.asked + more
            calls -= more
    return owed


def _level(asked: Sequence[int], calls: int) -> int:
    """Return to how many texts the calls bring all those who have answered fewer.

    >>> _level([0, 10, 2], 6)
    4
    """
    rising = accumulate(sorted(asked), initial=0)
    return min((calls + before) // count for count, before in enumerate(rising) if count)


def by_expected(contenders: Iterable[Contender]) -> list[Contender]:
    """Return contenders with the one that is expected to be best first; two that are alike stay as they come."""
    return sorted(contenders, key=lambda each: -each.known.expected)


def is_first_clear(best: Sequence[Contender]) -> bool:
    """Return whether the first is ahead of each other by more than the 90% interval of the difference, and was called.

    Args:
        best: contenders in their order, one or more.
    """
    return best[0].tried is not None and all(best[0].known.is_above(each.known) for each in best[1:])
