"""`student`: a linear stand-in for a subject, in closed form; its weights are the vector, its answers are forecasts.

FUTE (Wang et al. 2024, arXiv 2402.14522) tunes a surrogate on a subject's answers and takes what was tuned as the
vector. Here what is tuned is a ridge regression from the surrogate's pooled features to the outputs.

Settled by measurement (`python -m benchmarks.choice`, 2026-11-21; docs of the constants give the alternatives):
features of all layers, each scaled to unit length; one fixed λ; probabilities as log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.embed.basis import Array, Basis, principal_axes
from taskatlas.embed.measure import spearman
from taskatlas.embed.method import AXES, Axes, ClosedForm, ClosedShared, Setting, check, check_fit, last_layer, unit
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.ridge import Ridge, factorise

STRENGTH = 0.1
"""λ as a share of the inputs' mean squared length. Leave-one-out picked 0.01 for smooth subjects and 0.3 to 1 for
noisy ones, but a student that is shrunk as much as that answers with the commoner class too often: forecasts of
subjects that share no weights with the surrogate were 0.4 to 0.6 points worse than with 0.1 for all."""
CLIP = 0.01
"""Probabilities are clipped to [CLIP, 1 − CLIP] before their log-odds are taken."""


@dataclass(frozen=True)
class StudentMethod(ClosedForm):
    """Ridge weights in the basis' input axes, and the constant, mapped to output texts by ψ.

    dim = (input axes + 1) × output axes. The constant is the student's output at the corpus' mean; it carries what
    every centred vector is blind to, a subject's leaning to a class.
    """

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
        """Mean and axes of the scaled layers of the corpus for inputs, and of its φ for output texts.

        An input axis is as long as the corpus is wide along it, so a coordinate is a weight per standard deviation,
        and the cosine of two vectors is that of the two students' answers to the corpus. With axes of unit length,
        narrow axes drowned the others and the constant: cosines of subjects and datasets ranked foreign subjects at
        .49 instead of .62 (Spearman, 7 targets), and 2 of 6 datasets lost their siblings.
        """
        check(corpus)
        mean, found, spread = principal_axes(scaled(corpus), self.axes.inputs)
        output_mean, output_axes, _ = principal_axes(last_layer(corpus), self.axes.outputs)
        return Basis(mean, found * spread[:, None], output_mean, output_axes)

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
        reader: targets → weights along the input axes and rise from the inputs' mean to the basis', [k + 1, n].
        basis: of the space.
        clip: as in `StudentMethod`.
    """

    ridge: Ridge
    reader: Array
    basis: Basis
    clip: float

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """The student's weights and constant by output text, float32 [(k + 1) · m], the constant last."""
        check_fit(self.reader.shape[1], outputs, vectors)
        target = targets(outputs, self.clip)
        level = target.mean(axis=0, dtype=np.float64).astype(np.float32)
        matrix = self.reader @ (target - level)
        matrix[-1] += level
        vector: Array = (matrix @ self.basis.output_coordinates(vectors)).ravel()
        return vector

    def student(self, outputs: Outputs) -> Student:
        """The stand-in for the subject that gave these outputs."""
        return self.students([outputs])[0]

    def students(self, outputs: Sequence[Outputs]) -> list[Student]:
        """The stand-ins for several subjects: one product for all, as each alone reads the whole operator anew."""
        if not outputs:
            return []
        for each in outputs:
            check_fit(self.reader.shape[1], each, np.empty((len(each.texts), 0), np.float32))
        target = np.hstack([targets(each, self.clip) for each in outputs])
        weights, constant = self.ridge.weights(target)
        residuals = self.ridge.left_out(target, weights)
        ends = np.cumsum([len(each.texts) for each in outputs])
        columns = [slice(end - len(each.texts), end) for each, end in zip(outputs, ends, strict=True)]
        return [
            Student(
                each,
                np.ascontiguousarray(weights[:, of]),
                constant[of],
                np.ascontiguousarray(residuals[:, of]),
                _fidelity(each, target[:, of] - residuals[:, of]),
            )
            for each, of in zip(outputs, columns, strict=True)
        ]


@dataclass(frozen=True)
class Student:
    """A subject's stand-in.

    Attributes:
        outputs: the subject's outputs on the n inputs it was fitted on.
        weights: float32 [p, C].
        constant: float32 [C].
        residuals: leave-one-out residuals on the inputs, target less score, float32 [n, C].
        fidelity: leave-one-out agreement with the subject: the share of inputs where both have the same heaviest
            output text; Spearman's correlation for numbers.
    """

    outputs: Outputs
    weights: Array
    constant: Array
    residuals: Array
    fidelity: float

    def predict(self, features: Array) -> Array:
        """Scores [m, C] on new features [m, L, d]: log-odds for soft outputs, else about 0 to 1 per output text."""
        return self.read(scaled(features))

    def read(self, inputs: Array) -> Array:
        """As `predict`, of features that are `scaled` already, where many students read the same."""
        scores: Array = inputs @ self.weights + self.constant
        return scores


def scaled(features: Array) -> Array:
    """All layers side by side, each of unit length: float32 [n, L · d].

    Unit length needs no statistics of a corpus. On the choice benchmark it did as well as layers standardised by the
    corpus and better than raw ones, whose last layers are longer and drown the first.
    """
    return unit(features).reshape(len(features), -1)


def targets(outputs: Outputs, clip: float = CLIP) -> Array:
    """What the student is fitted to, float32 [n, C]: log-odds of probabilities, else the weights themselves."""
    if not outputs.soft:
        return outputs.weights
    kept = np.clip(outputs.weights, clip, 1.0 - clip)
    odds: Array = np.log(kept / (1.0 - kept))
    return odds


def position(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Where scores [..., 2] of numbers lie between the poles, up to a monotone change: float64 [...]."""
    return np.asarray(scores[..., 1] - scores[..., 0], np.float64)


def _fidelity(outputs: Outputs, left_out: Array) -> float:
    if outputs.numeric:
        return spearman(position(left_out), position(outputs.weights))
    return float(np.mean(left_out.argmax(axis=1) == outputs.top))
