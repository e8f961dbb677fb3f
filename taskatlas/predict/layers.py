"""Which of a text's pooled layers count, as a card's `layer` says: one, or several that are averaged."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from taskatlas.schemas.encoding import Layer

Floats = npt.NDArray[np.float32]


def has_layer(layer: Layer, count: int) -> bool:
    """Return whether weights of this many layers have the layer, or each of several once.

    >>> [has_layer(layer, 3) for layer in (-3, 2, 3, (0, -1), (2, -1))]
    [True, True, False, True, False]
    """
    several = layer if isinstance(layer, tuple) else (layer,)
    return all(-count <= each < count for each in several) and len(set(indices(layer, count))) == len(several)


def indices(layer: Layer, count: int) -> list[int]:
    """Return the layers counted from 0, rising.

    >>> indices((-1, 1), 7)
    [1, 6]
    """
    return sorted(each % count for each in (layer if isinstance(layer, tuple) else (layer,)))


def pick(features: Floats, layer: Layer) -> Floats:
    """Return the layer, or the mean of several, of features [n, L, d]: float32 [n, 1, d]."""
    chosen = features[:, indices(layer, features.shape[1])]
    return chosen.mean(axis=1, keepdims=True, dtype=np.float32) if isinstance(layer, tuple) else chosen


def up_to(features: Floats, layer: Layer) -> Floats:
    """Return features [n, L, d] up to the layer, or the highest of several, in whose place their mean stands: float32
    [n, k, d]."""
    highest = indices(layer, features.shape[1])[-1]
    if not isinstance(layer, tuple):
        return features[:, : highest + 1]
    return np.concatenate([features[:, :highest], pick(features, layer)], axis=1)
