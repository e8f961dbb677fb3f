"""Known scores as evidence: what somebody else measured, on other texts and often by another prompt, says it widely.

Its sampling error counts, and on top of it what another setting changes. So a known score never says more than one that
was measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import LOWEST, NORMAL_90, Estimate

OTHER_SETTING = 0.1
"""Standard deviation that is taken for what other texts of the dataset and another prompt change. Stated, not measured:
so a share that is measured here on 25 texts or more always counts for more than one that is known from elsewhere."""
UNSAID = 30
"""Examples that a known score is taken to rest on where nobody says."""


@dataclass(frozen=True)
class ReportedScore:
    """A score that somebody else measured.

    Attributes:
        card: the card that holds it.
        value: the score.
        n: examples that it was measured on; None where nobody says.
    """

    card: str
    value: float
    n: int | None = None


@dataclass(frozen=True)
class Known:
    """What is known of a subject on a dataset from elsewhere.

    Attributes:
        estimate: the score, with its 90% interval.
        cards: those that hold it, in the order of their names.
    """

    estimate: Estimate
    cards: tuple[str, ...]


def known_from(metric: str, scores: Sequence[ReportedScore]) -> Known:
    """Return what known scores of one subject, dataset and metric say together: their mean.

    Several cards may hold one and the same measurement, so they are no surer together than alone; where they disagree,
    what they differ by widens the interval.

    >>> known_from("accuracy", [ReportedScore("board", 0.8, 400)]).cards
    ('board',)

    Args:
        metric: accuracy or spearman.
        scores: one or more.
    """
    values = np.asarray([score.value for score in scores], np.float64)
    counts = np.asarray([score.n or UNSAID for score in scores], np.float64)
    sd = float(_sampling(metric, values, counts).mean() + values.var()) ** 0.5
    cards = tuple(sorted({score.card for score in scores}))
    return Known(in_another_setting(metric, float(values.mean()), sd, int(counts.min())), cards)


def in_another_setting(metric: str, value: float, sd: float, n: int) -> Estimate:
    """Return what a score that holds in somebody else's setting says of this one.

    Args:
        metric: accuracy or spearman.
        value: the score there.
        sd: its standard deviation there.
        n: examples that it rests on.
    """
    half = NORMAL_90 * float(np.hypot(sd, OTHER_SETTING))
    return Estimate(value, max(value - half, LOWEST[metric]), min(value + half, 1.0), n)


def _sampling(metric: str, values: Floats, counts: Floats) -> Floats:
    """Sampling variances: of a share by Laplace's rule, of a correlation r about (1 − r²)² / n."""
    if metric == "spearman":
        return np.asarray((1.0 - values**2) ** 2 / counts, np.float64)
    shares = (values * counts + 1.0) / (counts + 2.0)
    return np.asarray(shares * (1.0 - shares) / counts, np.float64)
