"""`linearised`: what fine-tuning would change if the surrogate stayed in its tangent space; in closed form.

In the neural-tangent regime (Jacot et al. 2018, arXiv 1806.07572; Lee et al. 2019, arXiv 1902.06720, equations 8 and 9)
gradient flow on the squared loss for the time t changes the parameters by Φᵀ K⁻¹ (I − exp(−t K)) (Y − Ȳ), with the
tangent features Φ of the n inputs and their kernel K = Φ Φᵀ. Φ and the decomposition of K are shared by all entities;
one more costs two products of matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.linalg import eigh

from taskatlas.embed.basis import Array, Basis, principal_axes
from taskatlas.embed.method import AXES, Axes, ClosedShared, Inputs, Setting, check_fit, last_layer
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import targets
from taskatlas.embed.tuned.schedule import Tuning

if TYPE_CHECKING:
    import numpy.typing as npt

TIME = 10.0
"""t over the mean squared length of the centred tangent features: directions wider than a tenth of it are learnt, as
the student's λ of 0.1 does."""


@dataclass(frozen=True)
class Linearised:
    """Change of the parameters after gradient flow, per output text, in the basis' axes: dim = input × output axes."""

    axes: Axes = AXES
    tuning: Tuning = field(default_factory=Tuning)
    name: str = "linearised"
    reads_outputs: bool = True
    forecasts: ClassVar[bool] = False

    @property
    def settings(self) -> dict[str, Setting]:
        """The numbers of axes, the time, and what the tangent features depend on."""
        projected = {name: self.tuning.settings[name] for name in ("seed", "max_dim", "projected_dim")}
        return {"input_axes": self.axes.inputs, "output_axes": self.axes.outputs, "time": TIME, **projected}

    def pin(self, inputs: Inputs) -> dict[str, Array]:
        """Return mean and axes of the corpus' tangent features, an axis as long as the corpus is wide along it, and of
        its φ for output texts."""
        mean, axes, deviations = principal_axes(self._tangents(inputs), self.axes.inputs)
        output_mean, output_axes, _ = principal_axes(last_layer(inputs.encode()), self.axes.outputs)
        return Basis(mean, axes * deviations[:, None], output_mean, output_axes).to_arrays()

    def share(self, inputs: Inputs, pinned: Mapping[str, Array]) -> SharedLinearised:
        """Solve the gradient flow on these inputs, once for all entities."""
        basis = Basis.from_arrays(pinned)
        return SharedLinearised(np.asarray(basis.input_axes @ flow(self._tangents(inputs)), np.float32), basis)

    def _tangents(self, inputs: Inputs) -> Array:
        from taskatlas.embed.tuned.tangent import tangents

        return tangents(inputs, self.tuning)


@dataclass(frozen=True)
class SharedLinearised(ClosedShared):
    """Centred targets → change of the parameters along the input axes, float32 [k, n]."""

    operator: Array
    basis: Basis

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """Return the change by output text, float32 [k · m]."""
        check_fit(self.operator.shape[1], outputs, vectors)
        target = targets(outputs)
        level = target.mean(axis=0, dtype=np.float64).astype(np.float32)
        matrix = (self.operator @ (target - level)) @ self.basis.output_coordinates(vectors)
        return np.asarray(matrix.ravel(), np.float32)


def flow(features: Array, time: float = TIME) -> npt.NDArray[np.float64]:
    """Return Φᵀ K⁻¹ (I − exp(−t K)) for the centred rows of features [n, p]: float64 [p, n]. Lee et al. 2019, equations
    8 and 9."""
    centred = features - features.mean(axis=0, dtype=np.float64)
    eigenvalues, eigenvectors = eigh(centred @ centred.T)
    scale = float((centred**2).sum()) / len(centred)
    # in the limit of a narrow direction, (1 − exp(−t w)) / w is t
    wide = eigenvalues > 1e-9 * eigenvalues[-1]
    safe = np.where(wide, eigenvalues, 1.0)
    learnt = np.where(wide, -np.expm1(-time * safe / scale) / safe, time / scale)
    flowed: npt.NDArray[np.float64] = centred.T @ (eigenvectors * learnt @ eigenvectors.T)
    return flowed
