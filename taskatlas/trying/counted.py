"""What calls on some texts say of a subject's score on all of them: counted, with the student as control variate.

The student is no judge, but where it expects hits and finds them, texts that were not tried are known in part.
"""

from __future__ import annotations

import numpy as np

from taskatlas.embed.measure import Floats
from taskatlas.errors import InputError
from taskatlas.recommend.posterior import NORMAL_90, Estimate


def counted(hits: Floats, chances: Floats, level: float, texts: int) -> Estimate:
    """Return a subject's score on all texts of a dataset, from those that it was tried on, with a 90% interval.

    Plain counting takes the share of hits, with the interval of Agresti and Coull (1998, The American Statistician
    52(2)). The control variate (Hammersley and Handscomb 1964, section 5.5) moves the share by how the tried texts
    differ from all in what the student expects, and narrows the interval by what the student explains: R² as it would
    be on other texts (Stein 1960), so that it is none where it explains nothing; the interval is never wider.

    >>> round(counted(np.array([1.0, 0.0, 1.0, 1.0]), np.full(4, 0.7), 0.7, 100).value, 2)
    0.75

    Args:
        hits: 1 where the answer to a tried text was the label, else 0; of free answers what it is worth, a share;
            float64 [k].
        chances: what the student expects of the same texts, float64 [k], 0 to 1.
        level: mean of what it expects of all texts.
        texts: how many there are in all, n.

    Raises:
        InputError: nothing was tried, or another number of chances.
    """
    tried = len(hits)
    if not tried or len(chances) != tried:
        raise InputError(f"{tried} hits and {len(chances)} chances do not fit")
    explained, slope = _explained(hits, chances)
    centre = (float(hits.sum()) + NORMAL_90**2 / 2) / (tried + NORMAL_90**2)
    half = NORMAL_90 * float(np.sqrt(centre * (1.0 - centre) / (tried + NORMAL_90**2)))
    half *= float(np.sqrt(1.0 - explained * (1.0 - min(tried / texts, 1.0))))
    moved = slope * (level - float(chances.mean()))
    value = float(np.clip(hits.mean() + moved, 0.0, 1.0))
    middle = float(np.clip(centre + moved, 0.0, 1.0))
    low, high = min(value, max(middle - half, 0.0)), max(value, min(middle + half, 1.0))
    return Estimate(value, low, high, tried)


def _explained(hits: Floats, chances: Floats) -> tuple[float, float]:
    """R² of the regression of hits on chances, as of other texts, within 0 to 1, and its slope, shrunk alike."""
    tried, spread = len(hits), float(chances.var())
    if tried < 4 or spread < 1e-6 or float(hits.var()) == 0.0:
        return 0.0, 0.0
    slope = float(np.mean((hits - hits.mean()) * (chances - chances.mean()))) / spread
    share = slope**2 * spread / float(hits.var())
    elsewhere = 1.0 - (1.0 - share) * (tried**2 - 1) / (tried * (tried - 3))
    if slope <= 0.0 or elsewhere <= 0.0:
        return 0.0, 0.0
    return elsewhere, slope * elsewhere / share
