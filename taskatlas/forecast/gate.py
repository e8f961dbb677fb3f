"""Gate: where a forecast would be worse than saying nothing, and why.

docs/decisions/0013-forecasts-learn.md measures what it takes away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.forecast.gold import SURE
from taskatlas.forecast.indications import Indications

ENOUGH = 0.9
"""A student that agrees with its subject so often is off by no more than the rest, by chance or not."""
UNSEEN = "the surrogate sees nothing of the dataset's labels: a student of them tells them no better than chance"
UNNAMED = "none of its answers to the corpus is a label of the dataset"
UNLIKE = "its student agrees with it no more often than by chance, and no scores elsewhere speak for it"


def gated(of: Indications, beyond_chance: Sequence[float], learnt: npt.NDArray[np.bool_]) -> list[str]:
    """Return why there is no forecast of each of P subjects on a dataset; empty where there is one.

    A student that is no better than chance is not enough to say nothing: where scores elsewhere speak for its subject,
    forecasts are as near as others.

    Args:
        of: what is known of the subjects.
        beyond_chance: of their students, P of them.
        learnt: whether scores elsewhere have a say in the forecasts, bool [P].
    """
    if not of.seen:
        return [UNSEEN] * len(of.subjects)
    reasons = []
    for named, fidelity, beyond, spoken_for in zip(of.named, of.fidelity, beyond_chance, learnt, strict=True):
        unlike = not spoken_for and blind(float(fidelity), beyond)
        reasons.append(UNNAMED if not named else UNLIKE if unlike else "")
    return reasons


def blind(fidelity: float, beyond_chance: float) -> bool:
    """Return whether a student of that fidelity shows nothing of its subject."""
    return fidelity < ENOUGH and beyond_chance <= SURE
