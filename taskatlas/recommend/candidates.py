"""A candidate: what may be recommended, with what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from taskatlas.recommend.known import Known
from taskatlas.recommend.posterior import Estimate, Posterior, posterior


@dataclass(frozen=True)
class Candidate:
    """One that may be recommended.

    Attributes:
        name: of a subject, a model or a dataset; or of a subject of which only scores are known.
        metric: accuracy or spearman.
        measured: its score on the test split, where it answered it.
        forecast: its forecast, where there is one.
        known: what somebody else measured, where that is known.
        tried: what calls on some of the test texts say, where nothing was measured.
    """

    name: str
    metric: str
    measured: Estimate | None = None
    forecast: Estimate | None = None
    known: Known | None = None
    tried: Estimate | None = None

    @cached_property
    def posterior(self) -> Posterior | None:
        """What is known of its score; None where nothing is."""
        return posterior(self.metric, *self._estimates.values())

    @property
    def _estimates(self) -> dict[str, Estimate]:
        """What is known by where it comes from, the surest first."""
        known = self.known.estimate if self.known is not None else None
        found = {"measured": self.measured, "tried": self.tried, "known": known, "forecast": self.forecast}
        return {evidence: estimate for evidence, estimate in found.items() if estimate is not None}

    @property
    def reach(self) -> tuple[float, float] | None:
        """The ends of the interval of what is known: as it was given where one thing is; None where nothing is."""
        if len(self._estimates) == 1:
            (estimate,) = self._estimates.values()
            return estimate.low, estimate.high
        return None if self.posterior is None else (self.posterior.low, self.posterior.high)

    @property
    def expected(self) -> float:
        """The expected score; −inf where nothing is known."""
        return self.posterior.expected if self.posterior is not None else -math.inf

    @property
    def evidence(self) -> str | None:
        """What that rests on first: 'measured', 'tried', 'known' or 'forecast', though the others have their share; or
        None."""
        return next(iter(self._estimates), None)

    @property
    def n(self) -> int:
        """Texts that the first of these rests on; 0 where there is none."""
        return next((estimate.n for estimate in self._estimates.values()), 0)
