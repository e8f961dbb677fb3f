"""The gold student: a student of a dataset's labels, which tells how much of the dataset the surrogate sees at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from taskatlas.embed.basis import Array
from taskatlas.embed.measure import Floats, Ints
from taskatlas.embed.ridge import factorise
from taskatlas.embed.student import STRENGTH
from taskatlas.errors import InputError

SLOPE, SHIFT = 5.0, 1.0
"""Standard deviations of the priors on the slope and the shifts of the calibration, as few labels fit them."""


@dataclass(frozen=True)
class GoldStudent:
    """A ridge regression from texts to a dataset's K classes, its scores calibrated to probabilities.

    Attributes:
        weights: float32 [p, K].
        constant: float32 [K].
        slope: of the calibration; 0 where the surrogate sees nothing of the classes.
        shifts: of the calibration, float64 [K], with the log shares of the classes in them.
        reach: leave-one-out accuracy on the labelled texts.
        majority: share of the commonest class among them.
    """

    weights: Array
    constant: Array
    slope: float
    shifts: Floats
    reach: float
    majority: float

    def probabilities(self, inputs: Array) -> Floats:
        """Return how probable each class is for texts, `student.scaled` features [m, p]: float64 [m, K]."""
        scores = (inputs @ self.weights + self.constant).astype(np.float64)
        return _softmax(self.slope * scores + self.shifts)


def gold_student(inputs: Array, labels: Ints, classes: int) -> GoldStudent:
    """Fit the student of a dataset's labels.

    Its scores become probabilities by a softmax with one slope and a shift per class, fitted to leave-one-out scores
    (between temperature and vector scaling of Guo et al. 2017, arXiv 1706.04599, section 4.2).

    Args:
        inputs: `student.scaled` features of n labelled texts, float32 [n, p].
        labels: int64 [n], from 0.
        classes: K, 2 or more.

    Raises:
        InputError: fewer than two texts, another number of labels, or fewer than two classes.
    """
    if len(labels) < 2 or len(labels) != len(inputs) or classes < 2:
        raise InputError(f"{len(inputs)} texts, {len(labels)} labels and {classes} classes make no gold student")
    targets = np.eye(classes, dtype=np.float32)[labels]
    ridge = factorise(inputs, STRENGTH)
    weights, constant = ridge.weights(targets)
    left_out = (targets - ridge.left_out(targets, weights)).astype(np.float64)
    counts = np.bincount(labels, minlength=classes)
    slope, shifts = _calibration(left_out, labels, np.log((counts + 1.0) / (len(labels) + classes)))
    reach = float(np.mean(left_out.argmax(axis=1) == labels))
    return GoldStudent(weights, constant, slope, shifts, reach, float(counts.max() / len(labels)))


def _calibration(scores: Floats, labels: Ints, shares: Floats) -> tuple[float, Floats]:
    """The slope, and the shifts with the log shares in them, that make scores [n, K] probable labels."""
    hits = np.eye(len(shares))[labels]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, shifts = parameters[0], parameters[1:]
        probabilities = _softmax(slope * scores + shifts + shares)
        wrong = probabilities - hits
        likelihood = np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-300)).sum()
        penalty = 0.5 * (slope / SLOPE) ** 2 + 0.5 * float(((shifts / SHIFT) ** 2).sum())
        slopes = float((wrong * scores).sum()) + slope / SLOPE**2
        return penalty - float(likelihood), np.concatenate([[slopes], wrong.sum(axis=0) + shifts / SHIFT**2])

    found = minimize(loss, np.zeros(len(shares) + 1), jac=True, method="L-BFGS-B").x
    return float(found[0]), np.asarray(found[1:] + shares, np.float64)


def _softmax(scores: Floats) -> Floats:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
    return probabilities
