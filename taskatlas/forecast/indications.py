"""Indications: what is known of the subjects of a dataset before any of them is called there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.measure import Floats, Ints
from taskatlas.forecast.consensus import NOT_ASKED, consensus

LEAST_FIDELITY = 0.3
"""A student that agrees with its subject less often tells nothing of how far it was pulled to chance."""


@dataclass(frozen=True)
class Indications:
    """What is known of P subjects on one dataset, all float64 [P].

    Attributes:
        dataset: its name.
        subjects: their names.
        student: the score that each one's student forecasts.
        sigma: standard deviation of the measured score about it, as `interval.result` has it.
        fidelity: of the student.
        agreement: share of the corpus on which the subject answers as the gold student does.
        consensus: accuracy on the corpus by the consensus.
        named: share of the corpus to which the subject answers a label of the dataset.
        seen: whether the surrogate sees anything of the dataset's labels; see `GoldStudent`.
    """

    dataset: str
    subjects: tuple[str, ...]
    student: Floats
    sigma: Floats
    fidelity: Floats
    agreement: Floats
    consensus: Floats
    named: Floats
    seen: bool

    def columns(self, elsewhere: Floats) -> Floats:
        """Return what the correction is fitted to, float64 [P, 7]; `elsewhere` is each subject's mean lead."""
        level = np.ones(len(self.subjects))
        return np.column_stack(
            [
                self.student,
                self.consensus,
                elsewhere,
                level * self.student.mean(),
                level * self.consensus.mean(),
                self.fidelity,
                self.agreement,
            ]
        )


def gather(
    dataset: str,
    forecasts: Mapping[str, ForecastResult],
    likely: Floats,
    answers: Ints,
    expected: Floats | None = None,
    *,
    seen: bool,
) -> Indications:
    """Gather what is known of subjects on a dataset.

    Args:
        dataset: its name.
        forecasts: of the P subjects' students, by subject.
        likely: what the gold student says of the corpus, float64 [n, K].
        answers: the subjects' answers there as `consensus` takes them, int64 [P, n].
        expected: accuracies that students forecast, [P], where `forecasts` are of another metric.
        seen: as in `Indications`.
    """
    student, sigma, fidelity = np.asarray([(f.value, f.sigma, f.fidelity) for f in forecasts.values()], np.float64).T
    asked = answers != NOT_ASKED
    texts = np.maximum(asked.sum(axis=1), 1)
    agreement = ((answers == likely.argmax(axis=1)) & asked).sum(axis=1) / texts
    named = (answers >= 0).sum(axis=1) / texts
    accuracies = student if expected is None else expected
    worth = consensus(likely, answers, _attenuation_mended(accuracies, fidelity, likely, answers))
    return Indications(dataset, tuple(forecasts), student, sigma, fidelity, agreement, worth, named, seen)


def _attenuation_mended(student: Floats, fidelity: Floats, likely: Floats, answers: Ints) -> Floats:
    """What the students would forecast if none were pulled to chance: where one agrees with its subject in a share f of
    cases, it shows about f of what the subject is above chance (the correction for attenuation, Spearman 1904)."""
    shares, asked = likely.mean(axis=0), answers != NOT_ASKED
    hits = np.where(answers >= 0, shares[np.maximum(answers, 0)], 0.0)
    chance = hits.sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    mended: Floats = chance + (student - chance) / np.maximum(fidelity, LEAST_FIDELITY)
    return mended
