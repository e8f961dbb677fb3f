"""Evidence: what is known of the subjects of a dataset before any of them is called there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taskatlas.embed.measure import Floats, Ints
from taskatlas.forecast.consensus import consensus

LEAST_FIDELITY = 0.3
"""A student that agrees with its subject less often tells nothing of how far it was pulled to chance."""


@dataclass(frozen=True)
class Evidence:
    """What is known of P subjects on one dataset, all float64 [P].

    Attributes:
        dataset: its name.
        subjects: their names.
        student: the accuracy that each one's student forecasts.
        fidelity: of the student.
        agreement: share of the corpus on which the subject answers as the gold student does.
        consensus: accuracy on the corpus by the consensus.
    """

    dataset: str
    subjects: tuple[str, ...]
    student: Floats
    fidelity: Floats
    agreement: Floats
    consensus: Floats

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
    dataset: str, subjects: tuple[str, ...], student: Floats, fidelity: Floats, likely: Floats, answers: Ints
) -> Evidence:
    """Gather the evidence on a dataset.

    Args:
        dataset: its name.
        subjects: P names.
        student: forecasts of their students, [P].
        fidelity: of these, [P].
        likely: what the gold student says of the corpus, float64 [n, K].
        answers: the subjects' answers there as indices of the dataset's labels, int64 [P, n]; −1 is none of them.
    """
    agreement = (answers == likely.argmax(axis=1)).mean(axis=1)
    expected = _expected(student, fidelity, likely, answers)
    return Evidence(dataset, subjects, student, fidelity, agreement, consensus(likely, answers, expected))


def _expected(student: Floats, fidelity: Floats, likely: Floats, answers: Ints) -> Floats:
    """What the students would forecast if none were pulled to chance: where one agrees with its subject in a share f of
    cases, it shows about f of what the subject is above chance (the correction for attenuation, Spearman 1904)."""
    shares = likely.mean(axis=0)
    chance = np.where(answers >= 0, shares[np.maximum(answers, 0)], 0.0).mean(axis=1)
    expected: Floats = chance + (student - chance) / np.maximum(fidelity, LEAST_FIDELITY)
    return expected
