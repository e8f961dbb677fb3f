"""A candidate: what may be recommended, with what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from taskatlas.recommend.posterior import Estimate, Posterior, posterior


@dataclass(frozen=True)
class Candidate:
    """One that may be recommended.

    Attributes:
        name: of a subject, a model or a dataset.
        metric: accuracy or spearman.
        measured: its score on the test split, where it answered it.
        forecast: its forecast, where there is one.
    """

    name: str
    metric: str
    measured: Estimate | None = None
    forecast: Estimate | None = None

    @cached_property
    def posterior(self) -> Posterior | None:
        """What is known of its score; None where nothing is."""
        return posterior(self.metric, self.measured, self.forecast)

    @property
    def expected(self) -> float:
        """The expected score; −inf where nothing is known."""
        return self.posterior.expected if self.posterior is not None else -math.inf

    @property
    def evidence(self) -> str | None:
        """What that rests on: 'measured' where it was, though a forecast has its share; else 'forecast', or None."""
        if self.measured is not None:
            return "measured"
        return "forecast" if self.forecast is not None else None
