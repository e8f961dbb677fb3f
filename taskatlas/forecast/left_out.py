"""Forecasts of every dataset from the scores of the others: what a dataset measured has no say in its own forecast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student_t

from taskatlas.embed.interval import NORMAL_90
from taskatlas.embed.measure import Floats
from taskatlas.forecast.correction import fit
from taskatlas.forecast.elsewhere import Leads
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
    leads = Leads.of(scores)
    taught = [each for of in indications if len((each := _measured(of, scores)).rows) >= FEWEST]
    found = {}
    for of in indications:
        others = [each for each in taught if each.of.dataset != of.dataset]
        values = _forecast(of, others, leads, {of.dataset})
        found[of.dataset] = Forecasts(values, of.sigma * _factor(others, leads, of.dataset))
    return found


class _Measured(NamedTuple):
    """A dataset with the scores that were measured on it, of the subjects in these rows."""

    of: Indications
    rows: list[int]
    scores: Floats


def _measured(of: Indications, scores: Scores) -> _Measured:
    known = scores.get(of.dataset, {})
    rows = [row for row, subject in enumerate(of.subjects) if subject in known]
    return _Measured(of, rows, np.asarray([known[of.subjects[row]] for row in rows], np.float64))


def _forecast(of: Indications, others: Sequence[_Measured], leads: Leads, without: Collection[str]) -> Floats:
    """What students expect, corrected by what the other datasets teach; as it is where they are too few."""
    if len(others) < FEWEST:
        return of.student
    student, columns, measured = [], [], []
    for each, rows, scores in others:
        student.append(each.student[rows])
        columns.append(each.columns(leads.elsewhere(each.subjects, {*without, each.dataset}))[rows])
        measured.append(scores)
    correction = fit(student, columns, measured)
    return correction.correct(of.student, of.columns(leads.elsewhere(of.subjects, without)))


def _factor(others: Sequence[_Measured], leads: Leads, target: str) -> float:
    """How much wider intervals must be to have held nine of ten scores of the other datasets, each of which is forecast
    without itself and without the target; every dataset counts alike, as the scores of one are alike (Lei et al. 2018,
    section 5.2, with the datasets' weights)."""
    if len(others) < FEWEST:
        return 1.0
    ratios, weights = [], []
    for each, rows, scores in others:
        rest = [other for other in others if other.of is not each]
        values = _forecast(each, rest, leads, {target, each.dataset})
        ratios.append(np.abs(scores - values[rows]) / each.sigma[rows])
        weights.append(np.full(len(rows), 1.0 / len(rows)))
    few = float(student_t.ppf(0.5 + COVERAGE / 2, len(ratios) - 1)) / NORMAL_90
    return few * _quantile(np.concatenate(ratios), np.concatenate(weights)) / NORMAL_90


def _quantile(values: Floats, weights: Floats) -> float:
    """The weighted quantile at COVERAGE, the weights scaled to sum to 1."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, COVERAGE)), len(order) - 1)])
