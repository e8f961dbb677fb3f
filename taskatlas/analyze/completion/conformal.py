"""How wide intervals must be to have held what was left out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.embed.interval import NORMAL_90

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
COVERAGE = 0.9
FEWEST = 20
"""With fewer errors than this there is nothing to calibrate on."""


def half_width(errors: Floats, sigmas: Floats, groups: Ints) -> float:
    """Return half the width, in standard deviations, of intervals that hold nine tenths of what was left out.

    Conformal prediction with errors scaled by their expected size (Lei et al. 2018, JASA 113(523), section 5.2). All
    groups count alike, whatever their number of errors, and one group more counts as never held: the one to come.

    Args:
        errors: of predictions made without what they predict, float64 [n].
        sigmas: their expected sizes, above 0, float64 [n].
        groups: what each belongs to, int64 [n]: datasets, where the next error is on another one; each its own group,
            where it is just another error.
    """
    if len(errors) < FEWEST:
        return NORMAL_90
    ratios = np.abs(errors) / sigmas
    _, of, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(ratios)
    held = np.cumsum(1.0 / counts[of][order]) / (len(counts) + 1)
    return float(ratios[order][min(int(np.searchsorted(held, COVERAGE)), len(order) - 1)])
