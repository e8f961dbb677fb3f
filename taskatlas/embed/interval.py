"""Forecast results and how wide their intervals are.

The interval is one of prediction: it is to hold the score that is measured on other texts of the same dataset, in nine
cases of ten. It adds up what can go wrong: the dataset's texts are a sample, so are those that are measured on, and
the student is not its subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

NORMAL_90 = 1.645
"""Half a 90% interval in standard deviations."""
DISAGREEMENT = 12**-0.5
"""Standard deviation of an error that is uniform over a width of 1. Where the student disagrees with its subject, the
subject may be right or wrong instead, so the score can move by as much as 1 − fidelity."""


@dataclass(frozen=True)
class ForecastResult:
    """One row of TABLES['forecasts'].

    Attributes:
        metric: accuracy or macro_f1 for classes, spearman for numbers.
        value: expected score.
        low: lower end of the 90% interval of the measured score.
        high: upper end.
        n: labelled texts that were used.
        fidelity: of the student; see `Student`.
        sigma: standard deviation of the measured score about `value`, which low and high come from.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    fidelity: float
    sigma: float


def result(metric: str, value: float, sampling: float, n: int, fidelity: float) -> ForecastResult:
    """Return a forecast with its interval.

    Args:
        metric: as in `ForecastResult`.
        value: expected score.
        sampling: standard deviation of a score, forecast or measured, over samples of texts; it counts twice.
        n: labelled texts that were used.
        fidelity: of the student.
    """
    sigma = float(np.hypot(np.sqrt(2.0) * sampling, DISAGREEMENT * (1.0 - fidelity)))
    return _with_sigma(ForecastResult(metric, value, value, value, n, fidelity, sigma), sigma)


def calibrate(pairs: Sequence[tuple[ForecastResult, float]], *, coverage: float = 0.9, fewest: int = 20) -> float:
    """Return how much wider or narrower intervals must be to have held what was measured.

    Split conformal prediction with errors scaled by their expected size (Lei et al. 2018, JASA 113(523), section 5.2).
    It assumes that the next pair is like those given; pairs of one dataset are alike, so give pairs of several.

    Args:
        pairs: forecasts with the measured score of the same metric, of *other* datasets than the one to forecast.
        coverage: share of measured scores that intervals shall hold.
        fewest: with fewer pairs the answer is 1.

    Returns:
        The factor for `widened`.
    """
    if len(pairs) < fewest:
        return 1.0
    ratios = np.sort([abs(measured - forecast.value) / max(forecast.sigma, 1e-9) for forecast, measured in pairs])
    rank = int(np.ceil(coverage * (len(ratios) + 1))) - 1
    return float(ratios[min(rank, len(ratios) - 1)] / NORMAL_90)


def widened(forecast: ForecastResult, factor: float) -> ForecastResult:
    """Return the forecast with an interval `factor` times as wide, within the range of its metric."""
    return _with_sigma(forecast, factor * forecast.sigma)


def _with_sigma(forecast: ForecastResult, sigma: float) -> ForecastResult:
    lowest = -1.0 if forecast.metric == "spearman" else 0.0
    low, high = forecast.value - NORMAL_90 * sigma, forecast.value + NORMAL_90 * sigma
    return replace(forecast, low=max(low, lowest), high=min(high, 1.0), sigma=sigma)
