"""What a method is: how the vector of a dataset or a subject is computed from inputs, outputs and the surrogate.

A method is one file with one class, and one line in `taskatlas.embed.OURS`; or a package of its own, whose entry point
in the group `taskatlas.methods` names what such a line holds. It is used in three steps, so that work is shared: `pin`
once per space, `share` once per inputs (all subjects answer the same corpus), `embed_many` for all entities. A method
that needs nothing but pooled features derives from `ClosedForm`, one that trains from `tuned.method.TunedMethod`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.outputs import Outputs
from taskatlas.errors import InputError

if TYPE_CHECKING:
    from taskatlas.predict.encode import Encoder

Setting = str | int | float


@dataclass(frozen=True)
class Axes:
    """How many principal axes a new basis keeps: of inputs and of output texts."""

    inputs: int = 128
    outputs: int = 64


AXES = Axes()


@dataclass(frozen=True)
class Inputs:
    """n texts in a surrogate, as methods see them.

    Attributes:
        texts: each with its second text where there is one.
        encode: gives the pooled layers of the texts, float32 [n, L, d].
        load: gives a surrogate of one's own, which may be changed.
        surrogate: name of the surrogate's card.
    """

    texts: Sequence[tuple[str, str | None]]
    encode: Callable[[], Array]
    load: Callable[[], Encoder]
    surrogate: str


@dataclass(frozen=True)
class EntityOutputs:
    """Outputs of an entity, a dataset or a subject, from which its vector is computed.

    Attributes:
        outputs: its outputs on the n inputs, in their order.
        vectors: ψ of `outputs.texts`, float32 [C, d], of unit length.
        is_dataset: whether it is a dataset, and not a subject.
    """

    outputs: Outputs
    vectors: Array
    is_dataset: bool = False


@dataclass(frozen=True)
class VectorResult:
    """An entity's vector, or the reason why there is none.

    Attributes:
        vector: float32 [dim], not scaled to unit length; None where there is none.
        seconds: wall seconds that it took, without the work that all entities share.
        reason: why there is no vector.
        seeds: of methods that train.
    """

    vector: Array | None
    seconds: float
    reason: str = ""
    seeds: tuple[int, ...] = ()


class Shared(Protocol):
    """The work that all entities with the same n inputs share."""

    def embed_many(self, entities: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        """Yield the vectors of entities in their order, each as soon as it is computed.

        Raises:
            InputError: other numbers of inputs or output texts than were shared.
        """
        ...


@runtime_checkable
class Method(Protocol):
    """How vectors are computed. Frozen: two methods with equal name and settings make comparable vectors."""

    @property
    def name(self) -> str:
        """The name in METHODS, and of the entry point where a package brings it."""
        ...

    @property
    def reads_outputs(self) -> bool:
        """Whether vectors depend on outputs. Where they do not, subjects that answer the same corpus cannot be told
        apart, and only datasets are worth a vector."""
        ...

    @property
    def forecasts(self) -> bool:
        """Whether what entities share makes students, whose answers forecast scores: a `student.SharedStudent`."""
        ...

    @property
    def settings(self) -> dict[str, Setting]:
        """Everything besides what is pinned that changes a vector; JSON-serialisable, part of the space's id."""
        ...

    def pin(self, inputs: Inputs) -> Mapping[str, Array]:
        """Return what a new space keeps for good, computed from the corpus: a basis, or an initialisation.

        Raises:
            InputError: the surrogate cannot be used so.
        """
        ...

    def share(self, inputs: Inputs, pinned: Mapping[str, Array]) -> Shared:
        """Do the work that all entities with these inputs share."""
        ...


class ClosedShared(ABC):
    """What all entities with the same inputs share, of a method in closed form."""

    @abstractmethod
    def embed(self, outputs: Outputs, vectors: Array) -> Array:
        """Return the vector of an entity.

        Args:
            outputs: its outputs on the n inputs that `fit` saw, in that order.
            vectors: ψ of `outputs.texts`, float32 [C, d], of unit length.

        Returns:
            float32 [dim], not scaled to unit length.

        Raises:
            InputError: other numbers of inputs or output texts than were fitted.
        """

    def embed_many(self, entities: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        """Yield the vectors of entities, one after another."""
        for entity in entities:
            began = time.perf_counter()
            vector = self.embed(entity.outputs, entity.vectors)
            yield VectorResult(vector, time.perf_counter() - began)


class ClosedForm(ABC):
    """A method that computes a vector from pooled features, without training.

    Attributes:
        forecasts: whether its space holds students of subjects, which forecast scores.
    """

    forecasts: ClassVar[bool] = False

    @property
    @abstractmethod
    def reads_outputs(self) -> bool:
        """Whether vectors depend on outputs, as in `Method`."""

    @abstractmethod
    def basis(self, corpus: Array) -> Basis:
        """Return the basis of a new space, from its corpus' features, float32 [n, L, d]."""

    @abstractmethod
    def fit(self, features: Array, basis: Basis) -> ClosedShared:
        """Do the work that all entities with these inputs share, features float32 [n, L, d]."""

    def pin(self, inputs: Inputs) -> dict[str, Array]:
        """Return the arrays of the basis."""
        return self.basis(inputs.encode()).to_arrays()

    def share(self, inputs: Inputs, pinned: Mapping[str, Array]) -> ClosedShared:
        """Factorise the inputs in the pinned basis."""
        return self.fit(inputs.encode(), Basis.from_arrays(pinned))


def last_layer(features: Array) -> Array:
    """Return φ: the last layer of features [n, L, d], each row scaled to unit length; float32 [n, d]."""
    return unit(features[:, -1])


def unit(rows: Array) -> Array:
    """Scale rows to unit length along the last axis; a row of zeros stays as it is.

    >>> unit(np.array([[0.0, 5.0], [0.0, 0.0]], np.float32)).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Array = rows / np.maximum(lengths, np.float32(1e-12))
    return scaled


def check(features: Array) -> None:
    """Check that features are [n, L, d] with two or more rows, and finite.

    Raises:
        InputError: they are not.
    """
    if features.ndim != 3 or len(features) < 2 or not np.isfinite(features).all():
        raise InputError(
            f"features of shape {list(features.shape)} are not two or more finite rows of [layers, dimensions]"
        )


def check_fit(n: int, outputs: Outputs, vectors: npt.NDArray[np.float32]) -> None:
    """Check that outputs are on n texts, and that every output text has a vector.

    Raises:
        InputError: they are not, or one has not.
    """
    if len(outputs.weights) != n or len(vectors) != len(outputs.texts):
        raise InputError(
            f"{len(outputs.weights)} outputs over {len(outputs.texts)} texts do not fit {n} inputs and "
            f"{len(vectors)} output vectors"
        )
