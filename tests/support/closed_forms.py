"""Vectors of closed forms from random features."""

from __future__ import annotations

import numpy as np

from taskatlas.embed import CLOSED_FORMS, Axes
from taskatlas.embed.outputs import Outputs
from tests.support import random_data

NAMES = ["c0", "c1", "c2"]


def embed(name: str, outputs: Outputs, vectors: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The vector in a space of 6 × 5 axes of a random corpus."""
    method = CLOSED_FORMS[name](Axes(6, 5))
    return method.fit(inputs, method.basis(random_data.features(200, seed=7))).embed(outputs, vectors)
