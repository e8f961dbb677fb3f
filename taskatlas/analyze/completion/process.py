"""A Gaussian process over the cells of a matrix with holes, solved exactly in time linear in its rows.

A cell of row i and column j is f_i(j) + u(i, j)·w + noise: f_i is the row's own process over the columns, all rows have
the same covariance of columns; w are weights that the rows share. So the covariance of all cells is one block a row,
and a term of low rank (Woodbury's identity; Rasmussen & Williams 2006, chapters 2 and 5, appendix A.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Cells(NamedTuple):
    """The known cells of a matrix, n of them, sorted by row: row, column and value."""

    rows: Ints
    columns: Ints
    values: Floats


class Normal(NamedTuple):
    """Means and standard deviations of normal distributions, of one shape."""

    mean: Floats
    sigma: Floats


@dataclass(frozen=True)
class Prior:
    """What is believed of a matrix of R rows and C columns before a cell is seen.

    Attributes:
        own: covariance, over columns, of what is a row's own, float64 [C, C].
        noise: variance of a cell about it.
        left: rows' factors of the K shared features u = left[i] * right[j], float64 [R, K].
        right: columns' factors, float64 [C, K].
    """

    own: Floats
    noise: float
    left: Floats
    right: Floats

    def shared(self, rows: Ints, columns: Ints) -> Floats:
        """Return the shared features of n cells, float64 [n, K]."""
        features: Floats = self.left[rows] * self.right[columns]
        return features


class Block(NamedTuple):
    """The cells of one row: their columns, where they lie among all cells, and the factor of their covariance."""

    columns: Ints
    place: slice
    factor: Floats


@dataclass(frozen=True)
class Process:
    """A process that has seen n cells.

    Attributes:
        prior: what was believed before.
        cells: what was seen.
        blocks: row → its block; rows without a cell have none.
        white: shared features, each block times its factor's inverse, float64 [n, K].
        residual: values less the shared part, likewise, float64 [n].
        factor: Cholesky factor (lower) of the precision of the shared weights, float64 [K, K].
        weights: their posterior mean, float64 [K].
        evidence: log-likelihood of the values.
    """

    prior: Prior
    cells: Cells
    blocks: dict[int, Block]
    white: Floats
    residual: Floats
    factor: Floats
    weights: Floats
    evidence: float


def cells_of(matrix: Floats) -> Cells:
    """Return the cells of a matrix that are no NaN, row by row."""
    rows, columns = np.nonzero(np.isfinite(matrix))
    return Cells(rows, columns, matrix[rows, columns])


def condition(prior: Prior, cells: Cells) -> Process:
    """Return the process that has seen the cells."""
    features = prior.shared(cells.rows, cells.columns)
    white, values = np.empty_like(features), np.empty_like(cells.values)
    blocks = dict(_blocks(prior, cells))
    for block in blocks.values():
        white[block.place] = solve_triangular(block.factor, features[block.place], lower=True, check_finite=False)
        values[block.place] = solve_triangular(block.factor, cells.values[block.place], lower=True, check_finite=False)
    factor = cholesky(np.eye(features.shape[1]) + white.T @ white, lower=True, check_finite=False)
    half = solve_triangular(factor, white.T @ values, lower=True, check_finite=False)
    weights = solve_triangular(factor, half, lower=True, trans="T", check_finite=False)
    logs = sum(float(np.log(np.diag(block.factor)).sum()) for block in blocks.values())
    logs += float(np.log(np.diag(factor)).sum()) + 0.5 * len(values) * float(np.log(2 * np.pi))
    evidence = -0.5 * float(values @ values - half @ half) - logs
    return Process(prior, cells, blocks, white, values - white @ weights, factor, weights, evidence)


def predict(process: Process, rows: Ints) -> Normal:
    """Predict all C cells of some rows, noise included in the deviation: [len(rows), C] each."""
    prior, columns = process.prior, np.arange(len(process.prior.own))
    mean = np.empty((len(rows), len(columns)))
    variance = np.empty_like(mean)
    for at, row in enumerate(rows):
        features = prior.shared(np.full(len(columns), row), columns)
        block = process.blocks.get(int(row))
        own = np.diag(prior.own).copy()
        mean[at] = features @ process.weights
        if block is not None:
            gain = solve_triangular(block.factor, prior.own[block.columns], lower=True, check_finite=False)
            mean[at] += gain.T @ process.residual[block.place]
            own -= (gain**2).sum(axis=0)
            features = features - gain.T @ process.white[block.place]
        spread = solve_triangular(process.factor, features.T, lower=True, check_finite=False)
        variance[at] = own + (spread**2).sum(axis=0) + prior.noise
    return Normal(mean, np.sqrt(np.maximum(variance, 1e-12)))


def without_columns(process: Process) -> Normal:
    """Predict every seen cell as if no cell of its column had been seen, float64 [n] each.

    Exact, from the inverse of the covariance of all cells (Rasmussen & Williams 2006, equation 5.12, for blocks).
    """
    solved, diagonal, spread = _inverse(process)
    mean, sigma = np.empty_like(solved), np.empty_like(solved)
    for column in np.unique(process.cells.columns):
        at = np.flatnonzero(process.cells.columns == column)
        # two cells of one column are never of one row, so their blocks meet in the shared term alone
        inverse = cholesky(np.diag(diagonal[at]) - spread[at] @ spread[at].T, lower=True, check_finite=False)
        mean[at] = process.cells.values[at] - cho_solve((inverse, True), solved[at])
        sigma[at] = np.sqrt(np.diag(cho_solve((inverse, True), np.eye(len(at)))))
    return Normal(mean, sigma)


def without_cells(process: Process) -> Normal:
    """Predict every seen cell as if it alone had not been seen, float64 [n] each; exact, as `without_columns`."""
    solved, diagonal, spread = _inverse(process)
    precision = diagonal - (spread**2).sum(axis=1)
    return Normal(process.cells.values - solved / precision, 1.0 / np.sqrt(precision))


def _blocks(prior: Prior, cells: Cells) -> list[tuple[int, Block]]:
    rows, starts = np.unique(cells.rows, return_index=True)
    blocks = []
    for row, start, stop in zip(rows, starts, [*starts[1:], len(cells.rows)], strict=True):
        columns = cells.columns[start:stop]
        covariance = prior.own[np.ix_(columns, columns)] + prior.noise * np.eye(len(columns))
        factor = cholesky(covariance, lower=True, check_finite=False)
        blocks.append((int(row), Block(columns, slice(int(start), int(stop)), factor)))
    return blocks


def _inverse(process: Process) -> tuple[Floats, Floats, Floats]:
    """K⁻¹y [n], the diagonal of the blocks' inverses [n], and V [n, K]: K⁻¹ is the blocks' inverses less V Vᵀ."""
    solved, diagonal, back = np.empty(len(process.residual)), np.empty(len(process.residual)), process.white.copy()
    for block in process.blocks.values():
        place, factor = block.place, block.factor
        inverse = solve_triangular(factor, np.eye(len(factor)), lower=True, check_finite=False)
        diagonal[place] = (inverse**2).sum(axis=0)
        solved[place] = inverse.T @ process.residual[place]
        back[place] = inverse.T @ process.white[place]
    return solved, diagonal, solve_triangular(process.factor, back.T, lower=True, check_finite=False).T
