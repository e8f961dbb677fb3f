"""`crosscov`: which output text goes with which input, as a cross-covariance. No training, no settings to tune.

With φ the inputs' and ψ the output texts' embeddings, the vector is mean over i of (φ(x_i) − φ̄) ⊗ (ψ(y_i) − ψ̄). That is
the negative gradient, at A = identity (as at any A), of the loss −mean (φ_i − φ̄)ᵀ A (ψ_i − ψ̄) of a bilinear head
between input and output text: the direction in which fine-tuning would turn the surrogate first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taskatlas.embed.basis import Array, Basis, principal_axes
from taskatlas.embed.method import AXES, Axes, ClosedForm, ClosedShared, Setting, check, check_fit, last_layer
from taskatlas.embed.outputs import Outputs


@dataclass(frozen=True)
class CrossCov(ClosedForm):
    """Cross-covariance of input and output text, written in the basis' axes: dim = input axes × output axes.

    φ̄ and ψ̄ are the entity's own means: a subject that leans to one class on all texts says nothing about texts.
    """

    axes: Axes = AXES
    name: str = "crosscov"
    reads_outputs: bool = True

    @property
    def settings(self) -> dict[str, Setting]:
        """The numbers of axes."""
        return {"input_axes": self.axes.inputs, "output_axes": self.axes.outputs}

    def basis(self, corpus: Array) -> Basis:
        """Return mean and principal axes of φ over the corpus, for inputs and output texts alike."""
        check(corpus)
        mean, axes, _ = principal_axes(last_layer(corpus), max(self.axes.inputs, self.axes.outputs))
        return Basis(mean, axes[: self.axes.inputs], mean, axes[: self.axes.outputs])

    def fit(self, features: Array, basis: Basis) -> SharedCrossCov:
        """Return the centred inputs in the basis' axes."""
        check(features)
        phi = last_layer(features)
        centred = phi - phi.mean(axis=0, dtype=np.float64).astype(np.float32)
        return SharedCrossCov(np.asarray(basis.input_axes @ centred.T / len(phi), np.float32), basis)


@dataclass(frozen=True)
class SharedCrossCov(ClosedShared):
    """The centred inputs, divided by n: float32 [k, n]. Centring one side is enough, as Σ (φ_i − φ̄) ψ̄ᵀ = 0."""

    inputs: Array
    basis: Basis

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """Return the cross-covariance, float32 [k · m], input axis by input axis."""
        check_fit(self.inputs.shape[1], outputs, vectors)
        matrix = (self.inputs @ outputs.weights) @ self.basis.output_coordinates(vectors)
        return np.asarray(matrix.ravel(), np.float32)
