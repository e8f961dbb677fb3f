"""What is known of a score: measured, known from elsewhere, forecast, each with its own error, or several together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NORMAL_90 = 1.645
"""Half a 90% interval in standard deviations."""
_SHARES = ("accuracy", "exact_match", "f1", "rouge_l", "chrf", "similarity")
LOWEST = {**dict.fromkeys(_SHARES, 0.0), "spearman": -1.0}
"""Metric → the least score there is; the greatest is 1."""


@dataclass(frozen=True)
class Estimate:
    """A score with its 90% interval.

    Attributes:
        value: of the score.
        low: lower end of the interval.
        high: upper end.
        n: texts that it rests on.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def sd(self) -> float:
        """Its standard deviation: of the wider side, as an interval is cut where the range of its metric ends.

        Never below 1 / (n + 2), about what Laplace's rule of succession gives where all n answers are right: nothing
        that was counted on n texts is known better than that.
        """
        half = max(self.high - self.value, self.value - self.low)
        return max(half / NORMAL_90, 1.0 / (self.n + 2))


@dataclass(frozen=True)
class Posterior:
    """The score that is expected after all that is known.

    Attributes:
        expected: its mean.
        low: lower end of the 90% interval, within the range of the metric.
        high: upper end.
        sd: standard deviation.
    """

    expected: float
    low: float
    high: float
    sd: float

    def is_above(self, other: Posterior) -> bool:
        """Return whether it is expected to be higher by more than the 90% interval of the difference.

        Their errors count as independent: those of forecasts are not, so this tells fewer apart than there are.
        """
        return self.expected - other.expected > NORMAL_90 * float(np.hypot(self.sd, other.sd))


def posterior(metric: str, *estimates: Estimate | None) -> Posterior | None:
    """Return what is known of a score: the product of normal densities (Gelman et al. 2013, Bayesian Data Analysis,
    section 2.5), one for each estimate that there is; None where there is none.

    >>> found = posterior("accuracy", Estimate(0.6, 0.4355, 0.7645, 98), Estimate(0.8, 0.6355, 0.9645, 98))
    >>> round(found.expected, 3), round(found.sd, 4)
    (0.7, 0.0707)

    Args:
        metric: accuracy or spearman.
        estimates: of the same score, from sources that do not hang on each other; None is none.
    """
    known = [each for each in estimates if each is not None]
    if not known:
        return None
    weights = np.asarray([each.sd**-2 for each in known])
    expected = float(np.average([each.value for each in known], weights=weights))
    sd = float(weights.sum() ** -0.5)
    low, high = expected - NORMAL_90 * sd, expected + NORMAL_90 * sd
    return Posterior(expected, max(low, min(LOWEST[metric], expected)), min(high, max(1.0, expected)), sd)
