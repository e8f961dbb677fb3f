"""The pinned basis of a space: where its origin lies and which axes its vectors are written in.

A basis is computed once, from the corpus that the space starts with, and then stored; later releases reuse it although
their corpus may differ, or no vector could be compared over time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from taskatlas.errors import InputError, StoreError
from taskatlas.hashing import digest

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Basis:
    """Origin and axes of a space's inputs (p numbers) and output texts (d numbers); all arrays float32.

    Attributes:
        input_mean: [p].
        input_axes: [k, p], orthogonal rows, the widest first, of a length that the method chooses; k may be 0.
        output_mean: [d].
        output_axes: [m, d], orthonormal rows, the widest first; m may be 0.
    """

    input_mean: Array
    input_axes: Array
    output_mean: Array
    output_axes: Array

    @property
    def basis_id(self) -> str:
        """Content hash, the same wherever the same arrays are read."""
        return arrays_id(self.to_arrays())

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name, for `Parts.write_arrays`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Basis:
        """Make a basis of the arrays that `to_arrays` gave.

        Raises:
            StoreError: an array is missing, or shapes do not fit together.
        """
        try:
            basis = cls(**{field.name: np.asarray(arrays[field.name], np.float32) for field in fields(cls)})
        except KeyError as error:
            raise StoreError(f"the basis lacks the array {error}") from error
        if (
            basis.input_axes.shape[1:] != basis.input_mean.shape
            or basis.output_axes.shape[1:] != basis.output_mean.shape
        ):
            raise StoreError("the arrays of the basis do not fit together")
        return basis

    def output_coordinates(self, vectors: Array) -> Array:
        """Return output vectors ψ [C, d] in the output axes, from the output mean: float32 [C, m]."""
        return np.asarray((vectors - self.output_mean) @ self.output_axes.T, np.float32)


def arrays_id(arrays: Mapping[str, Array]) -> str:
    """Hash the arrays that a space has pinned, by name, in whatever order."""
    names = sorted(arrays)
    hashes = [hashlib.sha256(arrays[name].astype("<f4").tobytes()).hexdigest() for name in names]
    return digest("basis", names, hashes, [list(arrays[name].shape) for name in names])


def principal_axes(rows: Array, count: int) -> tuple[Array, Array, Array]:
    """Return the mean [p] of rows [n, p], their `count` widest principal axes [k, p], and the standard deviations [k]
    along them; float32.

    k is smaller than `count` where the rows have fewer dimensions. An axis and its negative are equally good, so the
    sign is fixed: the component that is largest in magnitude is positive.

    Raises:
        InputError: fewer than two rows, or a number that is not finite.
    """
    if len(rows) < 2 or not np.isfinite(rows).all():
        raise InputError("a basis needs two texts or more, with finite features", where="corpus")
    values = np.asarray(rows, np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    tall = centred.shape[0] > centred.shape[1]
    gram = centred.T @ centred if tall else centred @ centred.T
    size = len(gram)
    eigenvalues, eigenvectors = eigh(gram, subset_by_index=(max(size - count, 0), size - 1))
    order = [i for i in np.argsort(-eigenvalues) if eigenvalues[i] > 1e-9 * max(eigenvalues.max(), 1e-12)]
    axes = (
        eigenvectors[:, order].T if tall else eigenvectors[:, order].T @ centred / np.sqrt(eigenvalues[order])[:, None]
    )
    largest = np.abs(axes).argmax(axis=1)
    signs = np.where(axes[np.arange(len(axes)), largest] < 0, -1.0, 1.0)
    deviations = np.sqrt(eigenvalues[order] / len(rows))
    return mean.astype(np.float32), (axes * signs[:, None]).astype(np.float32), deviations.astype(np.float32)
