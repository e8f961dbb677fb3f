"""What a dataset's centre or spread is expected to be, from those of the datasets that are like it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from taskatlas.analyze.completion.process import Normal

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
SHARES = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95)
"""What of the variance likeness may explain; the most likely share counts."""
SMALLEST = 1e-6
VAGUE = 100.0
"""Variance of the common mean, in variances of the numbers: it is all but free, and is left out with a number."""


def level(values: Floats, known: Mask, kernel: Floats) -> Normal:
    """Expect a number for each of D datasets, as if it were not known of that one, float64 [D] each.

    The numbers are a Gaussian process with one mean; leaving one out is in closed form (Rasmussen & Williams 2006,
    equation 5.12).

    Args:
        values: float64 [D]; what stands where none is known does not count.
        known: which are known, bool [D], one at least.
        kernel: of the datasets, ones on its diagonal, float64 [D, D].
    """
    mean = float(values[known].mean())
    centred = values[known] - mean
    variance = max(float((centred**2).mean()), SMALLEST)
    there = kernel[np.ix_(known, known)]
    share = max(SHARES, key=lambda each: _evidence(centred, variance * _mixed(there, each)))
    inverse = np.linalg.inv(variance * _mixed(there, share))
    cross = variance * (VAGUE + share * kernel[:, known])
    expected = mean + cross @ (inverse @ centred)
    spread = variance * (1.0 + VAGUE) - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    expected[known] = values[known] - (inverse @ centred) / np.diag(inverse)
    spread[known] = 1.0 / np.diag(inverse)
    return Normal(expected, np.sqrt(np.maximum(spread, SMALLEST)))


def _mixed(kernel: Floats, share: float) -> Floats:
    mixed: Floats = VAGUE + share * kernel + (1.0 - share) * np.eye(len(kernel))
    return mixed


def _evidence(centred: Floats, covariance: Floats) -> float:
    factor = cho_factor(covariance, lower=True)
    return -0.5 * float(centred @ cho_solve(factor, centred)) - float(np.log(np.diag(factor[0])).sum())
