"""`text`: what the texts are about. TextEmb, the task embedding of Vu et al. (2020, arXiv 2005.00770), section 4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.method import AXES, Axes, ClosedForm, ClosedShared, Setting, check, check_fit, last_layer
from taskatlas.embed.outputs import Outputs


@dataclass(frozen=True)
class Text(ClosedForm):
    """The mean of φ over the inputs, seen from the corpus' mean. It ignores the outputs, so all subjects that answer
    the same corpus get the same vector; it is there to say which datasets have like texts.
    """

    axes: Axes = AXES
    name: str = "text"
    reads_outputs: bool = False

    @property
    def settings(self) -> dict[str, Setting]:
        """None: the d dimensions of φ are few enough to keep as they are."""
        return {}

    def basis(self, corpus: Array) -> Basis:
        """Return the corpus' mean, without axes."""
        check(corpus)
        mean = last_layer(corpus).mean(axis=0, dtype=np.float64).astype(np.float32)
        none = np.empty((0, len(mean)), np.float32)
        return Basis(mean, none, mean, none)

    def fit(self, features: Array, basis: Basis) -> SharedText:
        """Compute the one vector of these inputs."""
        check(features)
        mean = last_layer(features).mean(axis=0, dtype=np.float64) - basis.input_mean
        return SharedText(len(features), mean.astype(np.float32))


@dataclass(frozen=True)
class SharedText(ClosedShared):
    """The vector of the inputs: float32 [d]."""

    n: int
    mean: Array

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """Return the vector of the inputs, whatever the outputs."""
        check_fit(self.n, outputs, vectors)
        return self.mean
