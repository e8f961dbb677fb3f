"""A method of one's own: `taskatlas run --methods norms`, once this package is installed.

At every layer of the surrogate some texts get longer vectors than others. The vector of a dataset or subject is the
covariance of that length with the output text, layer by layer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas import EntityOutputs, Inputs, Method, Options, VectorResult

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Norms:
    """Nothing is pinned but the corpus' mean length at each layer, so that lengths are seen from there."""

    name: str = "norms"
    reads_outputs: bool = True
    forecasts: bool = False

    @property
    def settings(self) -> dict[str, str | int | float]:
        """A number to raise when the vectors become others: it is part of the space's id."""
        return {"version": 1}

    def pin(self, inputs: Inputs) -> dict[str, Array]:
        """The mean length at each layer."""
        return {"mean": lengths(inputs).mean(axis=0)}

    def share(self, inputs: Inputs, pinned: Mapping[str, Array]) -> SharedNorms:
        """The lengths of these texts, float32 [n, layers]."""
        return SharedNorms(lengths(inputs) - pinned["mean"])


@dataclass(frozen=True)
class SharedNorms:
    """Lengths, seen from the corpus' mean."""

    lengths: Array

    def embed_many(self, entities: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        """One vector per entity, float32 [layers · d]."""
        for entity in entities:
            began = time.perf_counter()
            centred = entity.outputs.weights - entity.outputs.weights.mean(axis=0)
            vector = (self.lengths.T @ centred @ entity.vectors / len(centred)).ravel()
            yield VectorResult(vector.astype(np.float32), time.perf_counter() - began)


def lengths(inputs: Inputs) -> Array:
    """How long each text's vector is at each layer: float32 [n, layers]."""
    return np.asarray(np.linalg.norm(inputs.encode(), axis=2), np.float32)


def norms(options: Options) -> Method:  # noqa: ARG001 - it has nothing to choose
    """What the entry point names: from what a project chooses to the method."""
    return Norms()
