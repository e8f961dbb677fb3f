"""Forecasts of every dataset from the scores of the others: what a dataset measured has no say in its own forecast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from taskatlas.embed.interval import NORMAL_90
from taskatlas.embed.measure import Floats
from taskatlas.forecast.correction import fit
from taskatlas.forecast.elsewhere import Leads
from taskatlas.forecast.indications import Indications

FEWEST = 3
"""Subjects that were measured on a dataset whose scores others may learn from, and such datasets that a correction
takes: the level of one says nothing of the next."""
COVERAGE = 0.9
EDGE = 0.05
"""No forecast is surer than one of so little."""
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Forecasts:
    """Forecast scores of the P subjects of a dataset.

    Attributes:
        values: float64 [P].
        sigma: standard deviations of measured scores about them, [P].
        reach: how many of them a 90% interval reaches each way: more where few datasets tell how large they are.
        learnt: whether scores elsewhere have a say: of enough other datasets, and of the subject itself; bool [P].
    """

    values: Floats
    sigma: Floats
    reach: float
    learnt: npt.NDArray[np.bool_]

    @property
    def low(self) -> Floats:
        """Lower ends of the 90% intervals, [P]."""
        return np.clip(self.values - self.reach * self.sigma, 0.0, 1.0)

    @property
    def high(self) -> Floats:
        """Upper ends of the 90% intervals, [P]."""
        return np.clip(self.values + self.reach * self.sigma, 0.0, 1.0)


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
        measured = {subject for each in others for subject in scores[each.of.dataset]}
        learnt = np.asarray([len(others) >= FEWEST and subject in measured for subject in of.subjects], np.bool_)
        found[of.dataset] = Forecasts(values, *_sigma(of, values, others, leads), learnt)
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


def _sigma(of: Indications, values: Floats, others: Sequence[_Measured], leads: Leads) -> tuple[Floats, float]:
    """How far measured scores may be from forecasts, [P]: as a share's spread, scaled to the errors on the other
    datasets, each of which is forecast without itself and without the target. As the errors on one dataset are alike,
    a dataset counts as one error, and a 90% interval reaches as many of them as Student's t of so few says (the
    prediction interval of a normal sample)."""
    if len(others) < FEWEST:
        return of.sigma, NORMAL_90
    squares = []
    for each, rows, scores in others:
        rest = [other for other in others if other.of is not each]
        found = _forecast(each, rest, leads, {of.dataset, each.dataset})[rows]
        squares.append(float(np.mean(((scores - found) / _spread(found)) ** 2)))
    return np.sqrt(np.mean(squares)) * _spread(values), float(stdtrit(len(squares) - 1, 0.5 + COVERAGE / 2))


def _spread(values: Floats) -> Floats:
    """The standard deviation of one answer that is right with these probabilities."""
    inside = np.clip(values, EDGE, 1.0 - EDGE)
    spread: Floats = np.sqrt(inside * (1.0 - inside))
    return spread
