"""`student`: a linear model of a subject, in closed form; its weights are the vector, its answers are forecasts.

FUTE (Wang et al. 2024, arXiv 2402.14522) tunes a surrogate on a subject's answers and takes what was tuned as the
vector. Here what is tuned is a ridge regression from the surrogate's pooled features to the outputs.

Features of all layers, each scaled to unit length, one fixed λ, and probabilities as log-odds are what was measured to
forecast best: docs/decisions/0012-measured-constants.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from taskatlas.embed.basis import Array, Basis, principal_axes
from taskatlas.embed.measure import spearman
from taskatlas.embed.method import AXES, Axes, ClosedForm, ClosedShared, Setting, check, check_fit, last_layer, unit
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.ridge import Ridge, factorise

STRENGTH = 0.1
"""λ as a share of the inputs' mean squared length. Leave-one-out picked 0.01 for smooth subjects and 0.3 to 1 for
noisy ones, but a student that is shrunk as much as that answers with the commoner class too often. Figures:
docs/decisions/0012-measured-constants.md."""
CLIP = 0.01
"""Probabilities are clipped to [CLIP, 1 − CLIP] before their log-odds are taken."""


@dataclass(frozen=True)
class StudentMethod(ClosedForm):
    """Ridge weights in the basis' input axes, and the constant, mapped to output texts by ψ.

    dim = (input axes + 1) × output axes. The constant is the student's output at the corpus' mean; it carries what
    every centred vector is blind to, a subject's leaning to a class.
    """

    forecasts: ClassVar[bool] = True

    axes: Axes = AXES
    strength: float = STRENGTH
    clip: float = CLIP
    name: str = "student"
    reads_outputs: bool = True

    @property
    def settings(self) -> dict[str, Setting]:
        """The numbers of axes, λ and the clip."""
        return {
            "input_axes": self.axes.inputs,
            "output_axes": self.axes.outputs,
            "strength": self.strength,
            "clip": self.clip,
        }

    def basis(self, corpus: Array) -> Basis:
        """Return mean and axes of the scaled layers of the corpus for inputs, and of its φ for output texts.

        An input axis is as long as the corpus is wide along it, so a coordinate is a weight per standard deviation,
        and the cosine of two vectors is that of the two students' answers to the corpus. With axes of unit length,
        narrow axes would drown the others and the constant: docs/decisions/0012-measured-constants.md.
        """
        check(corpus)
        mean, axes, deviations = principal_axes(scaled(corpus), self.axes.inputs)
        output_mean, output_axes, _ = principal_axes(last_layer(corpus), self.axes.outputs)
        return Basis(mean, axes * deviations[:, None], output_mean, output_axes)

    def fit(self, features: Array, basis: Basis) -> SharedStudent:
        """Factorise the inputs, once for all subjects; see `ridge.factorise`."""
        check(features)
        ridge = factorise(scaled(features), self.strength)
        level = (basis.input_mean - ridge.mean) @ ridge.operator
        return SharedStudent(ridge, np.vstack([basis.input_axes @ ridge.operator, level]), basis, self.clip)


@dataclass(frozen=True)
class SharedStudent(ClosedShared):
    """Everything that students on the same n inputs share.

    Attributes:
        ridge: the factorised inputs.
        operator: targets → weights along the input axes and rise from the inputs' mean to the basis', [k + 1, n].
        basis: of the space.
        clip: as in `StudentMethod`.
    """

    ridge: Ridge
    operator: Array
    basis: Basis
    clip: float

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """Return the student's weights and constant by output text, float32 [(k + 1) · m], the constant last."""
        check_fit(self.operator.shape[1], outputs, vectors)
        target = targets(outputs, self.clip)
        level = target.mean(axis=0, dtype=np.float64).astype(np.float32)
        matrix = self.operator @ (target - level)
        matrix[-1] += level
        vector: Array = (matrix @ self.basis.output_coordinates(vectors)).ravel()
        return vector

    def student(self, outputs: Outputs) -> Student:
        """Fit the student of the subject that gave these outputs."""
        return self.students([outputs])[0]

    def students(self, outputs: Sequence[Outputs]) -> list[Student]:
        """Fit the students of several subjects: one product for all, as each alone reads the whole operator anew."""
        if not outputs:
            return []
        for entity_outputs in outputs:
            check_fit(self.operator.shape[1], entity_outputs, np.empty((len(entity_outputs.texts), 0), np.float32))
        stacked_targets = np.hstack([targets(entity_outputs, self.clip) for entity_outputs in outputs])
        weights, constant = self.ridge.weights(stacked_targets)
        residuals = self.ridge.left_out(stacked_targets, weights)
        ends = np.cumsum([len(entity_outputs.texts) for entity_outputs in outputs])
        columns = [
            slice(end - len(entity_outputs.texts), end) for entity_outputs, end in zip(outputs, ends, strict=True)
        ]
        return [
            Student(
                entity_outputs,
                np.ascontiguousarray(weights[:, column_slice]),
                constant[column_slice],
                np.ascontiguousarray(residuals[:, column_slice]),
                *_fidelity(entity_outputs, stacked_targets[:, column_slice] - residuals[:, column_slice]),
            )
            for entity_outputs, column_slice in zip(outputs, columns, strict=True)
        ]


@dataclass(frozen=True)
class Student:
    """The linear model of one subject.

    Attributes:
        outputs: the subject's outputs on the n inputs it was fitted on.
        weights: float32 [p, C].
        constant: float32 [C].
        residuals: leave-one-out residuals on the inputs, target less score, float32 [n, C].
        fidelity: leave-one-out agreement with the subject: the share of inputs where both have the same heaviest
            output text; Spearman's correlation for numbers.
        beyond_chance: by how many standard errors that is more than by chance, where each kept its shares of answers.
    """

    outputs: Outputs
    weights: Array
    constant: Array
    residuals: Array
    fidelity: float
    beyond_chance: float

    def predict(self, features: Array) -> Array:
        """Return scores [m, C] on new features [m, L, d]: log-odds for soft outputs, else about 0 to 1 per output
        text."""
        return self.read(scaled(features))

    def read(self, inputs: Array) -> Array:
        """Predict from features that are `scaled` already, [m, L · d], where many students read the same."""
        scores: Array = inputs @ self.weights + self.constant
        return scores


def scaled(features: Array) -> Array:
    """Put all layers side by side, each scaled to unit length: [n, L, d] to float32 [n, L · d].

    Unit length needs no statistics of a corpus. Raw layers would not do: the last ones are longer and drown the first.
    """
    return unit(features).reshape(len(features), -1)


def targets(outputs: Outputs, clip: float = CLIP) -> Array:
    """Return what the student is fitted to, float32 [n, C]: log-odds of probabilities, else the weights themselves."""
    if not outputs.soft:
        return outputs.weights
    kept = np.clip(outputs.weights, clip, 1.0 - clip)
    odds: Array = np.log(kept / (1.0 - kept))
    return odds


def position(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return where scores [..., 2] of numbers lie between the poles, up to a monotone change: float64 [...].

    >>> position(np.array([[1.0, 0.0], [0.25, 0.75]])).tolist()
    [-1.0, 0.5]
    """
    return np.asarray(scores[..., 1] - scores[..., 0], np.float64)


def _fidelity(outputs: Outputs, left_out: Array) -> tuple[float, float]:
    """The fidelity, and by how many standard errors it is above chance."""
    if outputs.numeric:
        correlation = spearman(position(left_out), position(outputs.weights))
        return correlation, correlation * np.sqrt(len(left_out) - 1)  # where independent, its variance is 1 / (n − 1)
    said, n = left_out.argmax(axis=1), len(left_out)
    shares = [np.bincount(top, minlength=left_out.shape[1]) / n for top in (said, outputs.top)]
    fidelity, chance = float(np.mean(said == outputs.top)), float(shares[0] @ shares[1])  # Cohen 1960: p_o and p_e
    error = np.sqrt(chance * (1.0 - chance) / n)
    return fidelity, (fidelity - chance) / error if error else 0.0
