"""The gold student: a student of a dataset's labels, which tells how much of the dataset the surrogate sees at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from taskatlas.embed.basis import Array
from taskatlas.embed.measure import Floats, Ints, spearman
from taskatlas.embed.ridge import factorise
from taskatlas.embed.student import STRENGTH
from taskatlas.errors import InputError

SLOPE, SHIFT = 5.0, 1.0
"""Standard deviations of the priors on the slope and the shifts of the calibration, as few labels fit them."""
SURE = 1.645
"""Standard errors above chance from which something is seen: by chance in one case of twenty."""
FEWEST_LABELS = 50
"""With fewer labels a student that sees nothing cannot be told from one that sees something."""


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
        evidence: how sure it is that its scores tell the classes apart: the signed root of the likelihood ratio of the
            calibration with its slope to the one without, standard normal where they do not.
        n: labelled texts.
    """

    weights: Array
    constant: Array
    slope: float
    shifts: Floats
    reach: float
    majority: float
    evidence: float
    n: int

    @property
    def sees(self) -> bool:
        """Whether the surrogate sees anything of the classes, or labels are too few to say that it does not. Accuracy
        would not do: where one class is common, a student that sees much still answers it everywhere."""
        return self.evidence > SURE or self.n < FEWEST_LABELS

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
    shares = np.log((counts + 1.0) / (len(labels) + classes))
    slope, shifts, loss = _calibration(left_out, labels, shares)
    gain = _calibration(np.zeros_like(left_out), labels, shares)[2] - loss
    evidence = float(np.copysign(np.sqrt(2.0 * max(gain, 0.0)), slope))
    reach = float(np.mean(left_out.argmax(axis=1) == labels))
    majority = float(counts.max() / len(labels))
    return GoldStudent(weights, constant, slope, shifts, reach, majority, evidence, len(labels))


def sees_numbers(inputs: Array, values: Floats) -> bool:
    """Return whether the surrogate sees anything of a dataset's numbers, as `GoldStudent.sees` says of classes.

    Args:
        inputs: `student.scaled` features of n labelled texts, float32 [n, p].
        values: their numbers, [n].
    """
    if len(values) < FEWEST_LABELS:
        return True
    targets = values[:, None].astype(np.float32)
    ridge = factorise(inputs, STRENGTH)
    left_out = targets - ridge.left_out(targets, ridge.weights(targets)[0])
    return bool(spearman(left_out[:, 0], values) * np.sqrt(len(values) - 1) > SURE)


def _calibration(scores: Floats, labels: Ints, shares: Floats) -> tuple[float, Floats, float]:
    """The slope, and the shifts with the log shares in them, that make scores [n, K] probable labels; and how unlikely
    the labels are then, the priors counted in."""
    hits = np.eye(len(shares))[labels]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, shifts = parameters[0], parameters[1:]
        probabilities = _softmax(slope * scores + shifts + shares)
        wrong = probabilities - hits
        likelihood = np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-300)).sum()
        penalty = 0.5 * (slope / SLOPE) ** 2 + 0.5 * float(((shifts / SHIFT) ** 2).sum())
        slopes = float((wrong * scores).sum()) + slope / SLOPE**2
        return penalty - float(likelihood), np.concatenate([[slopes], wrong.sum(axis=0) + shifts / SHIFT**2])

    found = minimize(loss, np.zeros(len(shares) + 1), jac=True, method="L-BFGS-B")
    return float(found.x[0]), np.asarray(found.x[1:] + shares, np.float64), float(found.fun)


def _softmax(scores: Floats) -> Floats:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
    return probabilities
