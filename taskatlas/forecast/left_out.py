"""Forecasts of every dataset from the scores of the others: what a dataset measured has no say in its own forecast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from taskatlas.embed.interval import NORMAL_90
from taskatlas.embed.measure import Floats
from taskatlas.forecast.correction import Correction, fit
from taskatlas.forecast.elsewhere import leads_elsewhere
from taskatlas.forecast.indications import Indications

FEWEST = 3
"""Subjects that were measured on a dataset whose scores others may learn from, and such datasets that a correction
takes: the level of one says nothing of the next."""
COVERAGE = 0.9
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Forecasts:
    """Forecast scores of the P subjects of a dataset.

    Attributes:
        values: float64 [P].
        sigma: standard deviations of measured scores about them, [P]; a 90% interval reaches 1.645 of them each way.
    """

    values: Floats
    sigma: Floats

    @property
    def low(self) -> Floats:
        """Lower ends of the 90% intervals, [P]."""
        return np.clip(self.values - NORMAL_90 * self.sigma, 0.0, 1.0)

    @property
    def high(self) -> Floats:
        """Upper ends of the 90% intervals, [P]."""
        return np.clip(self.values + NORMAL_90 * self.sigma, 0.0, 1.0)


def forecast_left_out(indications: Sequence[Indications], scores: Scores) -> dict[str, Forecasts]:
    """Forecast the scores of all subjects on each dataset, in one metric, from the scores on the others.

    Args:
        indications: on each dataset.
        scores: dataset → subject → measured score; a dataset's own are not looked at for its forecasts.
    """
    found = {}
    for of in indications:
        others = [each for each in indications if each.dataset != of.dataset]
        values = _forecast(of, _fitted(others, scores, {of.dataset}), scores, {of.dataset})
        found[of.dataset] = Forecasts(values, of.sigma * _factor(others, scores, of.dataset))
    return found


def _forecast(of: Indications, correction: Correction | None, scores: Scores, without: Collection[str]) -> Floats:
    if correction is None:
        return of.student
    return correction.correct(of.student, of.columns(leads_elsewhere(scores, of.subjects, without)))


def _fitted(indications: Sequence[Indications], scores: Scores, without: Collection[str]) -> Correction | None:
    """The correction that these datasets teach; none where they are too few."""
    student, columns, measured = [], [], []
    for each in indications:
        rows = _measured(each, scores)
        if len(rows) >= FEWEST:
            known = scores[each.dataset]
            elsewhere = leads_elsewhere(scores, each.subjects, {*without, each.dataset})
            student.append(each.student[rows])
            columns.append(each.columns(elsewhere)[rows])
            measured.append(np.asarray([known[each.subjects[row]] for row in rows]))
    return fit(student, columns, measured) if len(measured) >= FEWEST else None


def _measured(of: Indications, scores: Scores) -> list[int]:
    known = scores.get(of.dataset, {})
    return [row for row, subject in enumerate(of.subjects) if subject in known]


def _factor(others: Sequence[Indications], scores: Scores, target: str) -> float:
    """How much wider intervals must be to have held nine of ten scores of the other datasets, each of which is forecast
    without itself and without the target; every dataset counts alike, as the scores of one are alike (Lei et al. 2018,
    section 5.2, with the datasets' weights)."""
    ratios, weights = [], []
    for each in others:
        rows = _measured(each, scores)
        if len(rows) >= FEWEST:
            rest = [other for other in others if other is not each]
            left = {target, each.dataset}
            values = _forecast(each, _fitted(rest, scores, left), scores, left)
            truth = np.asarray([scores[each.dataset][each.subjects[row]] for row in rows])
            errors = np.abs(truth - values[rows]) / each.sigma[rows]
            ratios.append(errors)
            weights.append(np.full(len(rows), 1.0 / len(rows)))
    if len(ratios) < FEWEST:
        return 1.0
    few = float(student_t.ppf(0.5 + COVERAGE / 2, len(ratios) - 1)) / NORMAL_90
    return few * _quantile(np.concatenate(ratios), np.concatenate(weights)) / NORMAL_90


def _quantile(values: Floats, weights: Floats) -> float:
    """The weighted quantile at COVERAGE, the weights scaled to sum to 1."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, COVERAGE)), len(order) - 1)])
