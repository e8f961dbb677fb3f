"""What descriptions of datasets say of how alike they are: three sets of features for `about.about`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MANY = 8
"""So many classes and more are alike: what chance reaches differs little there."""


def described_features(descriptions: npt.ArrayLike, labels: Sequence[npt.ArrayLike]) -> list[npt.NDArray[np.float64]]:
    """Return features of D datasets from their descriptions and the names of their classes, float64 [D, d] each.

    They are what the description says, what the classes mean, and how many there are, which says what chance reaches.

    Args:
        descriptions: embeddings of the descriptions, float [D, d].
        labels: embeddings of the class names of each dataset, float [classes, d] each.
    """
    meant = np.stack([np.asarray(each, np.float64).mean(axis=0) for each in labels])
    how_many = np.eye(MANY + 1)[[min(len(np.asarray(each)), MANY) for each in labels]]
    said = np.asarray(descriptions, np.float64)
    return [said - said.mean(axis=0), meant, how_many]
