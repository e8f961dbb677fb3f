"""Correction: how far measured scores were from what students forecast, learnt from other datasets by ridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskatlas.embed.measure import Floats

STRENGTH = 10.0
"""λ, in cells: with as many measured scores the correction is half of what they say. 5 to 100 were tried:
docs/decisions/0013-forecasts-learn.md."""
LEAST = 0.05
"""The columns are shares. One that varies by less tells little of how datasets differ, and is not stretched."""


@dataclass(frozen=True)
class Correction:
    """A linear correction; with no scores to learn from it is none, and the student's forecast stands.

    Attributes:
        mean: of the columns, float64 [f].
        scale: their standard deviations, and LEAST where those are less, [f].
        weights: [f].
        level: what is added to every forecast.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    level: float

    def correct(self, student: Floats, columns: Floats) -> Floats:
        """Return corrected forecasts [P] of students' [P], by the columns [P, f] of the indications; within 0 to 1."""
        corrected = student + self.level + (columns - self.mean) / self.scale @ self.weights
        return np.clip(corrected, 0.0, 1.0)


def fit(student: Sequence[Floats], columns: Sequence[Floats], measured: Sequence[Floats]) -> Correction:
    """Fit a correction to the cells of several datasets, shrunk to none (ridge; Hoerl and Kennard 1970, equation 2.1).

    Args:
        student: students' forecasts by dataset, each [P].
        columns: of the indications by dataset, each [P, f].
        measured: scores by dataset, each [P].
    """
    inputs, target = np.vstack(columns), np.concatenate(measured) - np.concatenate(student)
    mean, scale = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), LEAST)
    scaled, level = (inputs - mean) / scale, float(target.sum() / (len(target) + STRENGTH))
    gram = scaled.T @ scaled + STRENGTH * np.eye(inputs.shape[1])
    return Correction(mean, scale, np.linalg.solve(gram, scaled.T @ (target - level)), level)
