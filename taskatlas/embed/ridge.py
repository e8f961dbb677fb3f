"""Ridge regression with a constant that is not penalised, solved once for all targets on the same inputs.

argmin over W, b of Σ_i ‖Wᵀ x_i + b − y_i‖² + λ ‖W‖² is linear in the targets, so one operator [p, n] gives W for every
subject. Leave-one-out residuals are exact and need no refit: e_i = (y_i − ŷ_i) / (1 − h_i), h the leverages (Hastie,
Tibshirani, Friedman: The Elements of Statistical Learning, 2nd ed., equation 7.52).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from taskatlas.embed.basis import Array


@dataclass(frozen=True)
class Ridge:
    """The work that all targets on the same n inputs share; all arrays float32.

    Attributes:
        centred: inputs less their mean, [n, p].
        mean: [p].
        operator: centred targets → weights, [p, n].
        slack: 1 − leverage per input, [n]; in (0, 1).
    """

    centred: Array
    mean: Array
    operator: Array
    slack: Array

    def weights(self, targets: Array) -> tuple[Array, Array]:
        """Return W [p, C] and the constant b [C] of targets [n, C]: predictions are x W + b."""
        level = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
        weights: Array = self.operator @ (targets - level)
        return weights, level - self.mean @ weights

    def left_out(self, targets: Array, weights: Array) -> Array:
        """Return leave-one-out residuals, target less prediction, [n, C]."""
        level = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
        residuals: Array = (targets - level - self.centred @ weights) / self.slack[:, None]
        return residuals


def factorise(inputs: Array, strength: float) -> Ridge:
    """Solve for all targets on inputs [n, p] (float32); in float64, in the smaller of n and p dimensions.

    Args:
        inputs: [n, p].
        strength: λ as a share of the mean squared length of the centred inputs, so that it means the same whatever
            their scale and number of dimensions; above 0.
    """
    mean = inputs.mean(axis=0, dtype=np.float64)
    centred = inputs - mean
    penalty = max(strength * float((centred**2).sum()) / len(inputs), 1e-12)
    operator = _operator(centred, penalty)
    leverage = np.einsum("ij,ji->i", centred, operator) + 1.0 / len(inputs)
    return Ridge(
        centred.astype(np.float32),
        mean.astype(np.float32),
        np.ascontiguousarray(operator, np.float32),
        np.maximum(1.0 - leverage, 1e-6).astype(np.float32),
    )


def _operator(centred: npt.NDArray[np.float64], penalty: float) -> npt.NDArray[np.float64]:
    n, p = centred.shape
    dual = n <= p
    gram = centred @ centred.T if dual else centred.T @ centred
    gram[np.diag_indices_from(gram)] += penalty
    solved: npt.NDArray[np.float64] = cho_solve(cho_factor(gram, lower=True), centred if dual else centred.T)
    return solved.T if dual else solved
