"""What a method is: how the vector of a dataset or a subject is made from inputs and outputs.

A method is one file with one class, and one line in `taskatlas.embed.METHODS`. It is used in three steps, so that
work is shared: the basis once per space, `fit` once per inputs (all subjects answer the same corpus), `embed` per
entity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.outputs import Outputs
from taskatlas.errors import InputError

Setting = str | int | float


@dataclass(frozen=True)
class Axes:
    """How many principal axes a new basis keeps: of inputs and of output texts."""

    inputs: int = 128
    outputs: int = 64


AXES = Axes()


class Shared(Protocol):
    """The work that all entities with the same n inputs share."""

    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """The vector of an entity.

        Args:
            outputs: its outputs on the n inputs that `fit` saw, in that order.
            vectors: ψ of `outputs.texts`, float32 [C, d], of unit length.

        Returns:
            float32 [dim], not scaled to unit length.

        Raises:
            InputError: other numbers of inputs or output texts than were fitted.
        """
        ...


class Method(Protocol):
    """A way to make vectors. Frozen: two methods with equal name and settings make comparable vectors."""

    @property
    def name(self) -> str:
        """The name in METHODS."""
        ...

    @property
    def reads_outputs(self) -> bool:
        """Whether vectors depend on outputs. Where they do not, subjects that answer the same corpus cannot be told
        apart, and only datasets are worth a vector."""
        ...

    @property
    def settings(self) -> dict[str, Setting]:
        """Everything besides the basis that changes a vector; JSON-serialisable, part of the space's id."""
        ...

    def basis(self, corpus: Array) -> Basis:
        """The basis of a new space, from its corpus' features, float32 [n, L, d]."""
        ...

    def fit(self, features: Array, basis: Basis) -> Shared:
        """The work shared by all entities with these inputs, features float32 [n, L, d]."""
        ...


def last_layer(features: Array) -> Array:
    """φ: the last layer of features [n, L, d], each row of unit length; float32 [n, d]."""
    return unit(features[:, -1])


def unit(rows: Array) -> Array:
    """Rows scaled to unit length along the last axis; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Array = rows / np.maximum(lengths, np.float32(1e-12))
    return scaled


def check(features: Array) -> None:
    """Features are [n, L, d] with two or more rows, and finite.

    Raises:
        InputError: they are not.
    """
    if features.ndim != 3 or len(features) < 2 or not np.isfinite(features).all():
        raise InputError(
            f"features of shape {list(features.shape)} are not two or more finite rows of [layers, dimensions]"
        )


def check_fit(n: int, outputs: Outputs, vectors: npt.NDArray[np.float32]) -> None:
    """Outputs are on n texts, and every output text has a vector.

    Raises:
        InputError: they are not, or one has not.
    """
    if len(outputs.weights) != n or len(vectors) != len(outputs.texts):
        raise InputError(
            f"{len(outputs.weights)} outputs over {len(outputs.texts)} texts do not fit {n} inputs and "
            f"{len(vectors)} output vectors"
        )
