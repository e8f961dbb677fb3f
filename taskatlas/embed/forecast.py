"""Forecasts: the score that a subject can be expected to reach on a dataset, from its student alone.

The student answers the dataset's labelled train texts in the subject's place; the subject is not called. A
student is surer than its subject is predictable, so each score gets leave-one-out residuals of the corpus, and
the forecast is the mean over them (the predictive distribution of the jackknife+; Barber et al. 2021, Annals of
Statistics 49(1), with one fit).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taskatlas.embed.basis import Array
from taskatlas.embed.interval import ForecastResult, result
from taskatlas.embed.measure import Floats, Ints, macro_f1, resampled, spearman
from taskatlas.embed.student import Student, position
from taskatlas.errors import InputError

RESIDUAL_SHARE = 0.5
"""Share of a residual that is added to a score. 0 leaves forecasts too far from the middle, 1 pulls them too far to
it: residuals of one-hot outputs hold the rounding of the output itself, which is no error of the student."""
DRAWS = 64
RESAMPLES = 200


def forecast(student: Student, features: Array, labels: Ints, mapping: Ints) -> tuple[ForecastResult, ...]:
    """Forecast accuracy and macro F1 of a subject on a dataset of classes.

    An answer that stands for no label of the dataset counts as wrong.

    Args:
        student: the subject's student.
        features: of the dataset's labelled train texts, float32 [n, L, d].
        labels: their labels, int64 [n], indices of the dataset's labels.
        mapping: from `labels.map_labels`, int64 [C].

    Raises:
        InputError: no texts, or labels or mapping of another length.
    """
    scores = student.predict(features)
    answers = drawn_answers(student, scores, labels, mapping)
    score = float(np.mean(answers == labels))
    sampling = float(np.sqrt(score * (1.0 - score) / len(labels)))
    f1 = float(np.mean([macro_f1(answer, labels) for answer in answers]))
    plain = mapping[scores.argmax(axis=1)]
    samples = resampled(lambda rows: macro_f1(plain[rows], labels[rows]), len(labels), resamples=RESAMPLES)
    return (
        result("accuracy", score, sampling, len(labels), student.fidelity),
        result("macro_f1", f1, float(samples.std()), len(labels), student.fidelity),
    )


def drawn_answers(student: Student, scores: Array, labels: Ints, mapping: Ints) -> Ints:
    """Draw what a subject may answer to the n texts that its student gave scores [n, C], d times: int64 [d, n], indices
    of labels. The share that equals the labels is the forecast accuracy.

    Raises:
        InputError: no texts, or labels or mapping of another length.
    """
    if not len(scores) or len(labels) != len(scores) or len(mapping) != scores.shape[1]:
        raise InputError(f"{len(scores)} texts, {len(labels)} labels and a mapping of {len(mapping)} do not fit")
    return np.stack([mapping[(scores + noise).argmax(axis=1)] for noise in _noise(student)])


def thinned(student: Student) -> Student:
    """Return the student without the residuals and outputs that no forecast draws; it forecasts the same."""
    rows = _drawn(student)
    return replace(student, outputs=student.outputs.subset(rows), residuals=student.residuals[rows])


def forecast_numbers(student: Student, features: Array, values: Floats) -> ForecastResult:
    """Forecast the Spearman correlation of a subject that answers numbers with the values [n] of a dataset of numbers.

    Raises:
        InputError: no texts, values of another length, or a subject that does not answer numbers.
    """
    if not student.outputs.numeric:
        raise InputError("a subject that answers classes has no Spearman correlation with numbers")
    scores = position(student.predict(features))
    if not len(scores) or len(values) != len(scores):
        raise InputError(f"{len(scores)} texts and {len(values)} values do not fit")
    value = float(np.mean([spearman(scores + position(noise), values) for noise in _noise(student)]))
    samples = resampled(lambda rows: spearman(scores[rows], values[rows]), len(values), resamples=RESAMPLES)
    return result("spearman", value, float(samples.std()), len(values), student.fidelity)


def _noise(student: Student) -> Array:
    """Return residuals, each a row of the corpus, evenly spaced: float32 [≤ DRAWS, C]."""
    drawn: Array = np.float32(RESIDUAL_SHARE) * student.residuals[_drawn(student)]
    return drawn


def _drawn(student: Student) -> Ints:
    return np.unique(np.linspace(0, len(student.residuals) - 1, DRAWS).astype(np.int64))
