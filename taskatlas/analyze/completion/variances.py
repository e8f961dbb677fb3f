"""How much of the scores each part explains: the variances that make what was seen most likely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, eigh
from scipy.optimize import minimize

from taskatlas.analyze.completion.process import Cells, Prior, condition

Floats = npt.NDArray[np.float64]
MOST_PAIRS = 200
"""Shared features are products of a row's and a column's: so many, those that explain most."""
MOST_CELLS = 2_500
"""Where there are more cells, variances are fitted on those of some rows: they are a dozen numbers."""
NEGLIGIBLE = 1e-6
USUAL, DOUBT = 0.1, 2.0
"""What a variance is expected to be, in squared standard scores, and how far off it may be, in natural logarithms."""
ROUNDS = 15


@dataclass(frozen=True)
class Kernels:
    """What a prior is made of.

    Attributes:
        columns: kernels of the C columns, float64 [P, C, C].
        row_values: the greatest eigenvalues of a kernel of the R rows, float64 [K].
        row_vectors: their eigenvectors, float64 [R, K].
    """

    columns: Floats
    row_values: Floats
    row_vectors: Floats


@dataclass(frozen=True)
class Variances:
    """The variance of each part, in squared standard scores.

    Attributes:
        level: of a column's level, the same for all rows; columns that are alike have some of it in common.
        lead: of a row's lead, the same on all columns.
        noise: of a cell.
        kin: share of leads and likings that rows have in common as far as they are alike, in (0, 1).
        liking: of rows' likings for columns that are alike, one for each kernel of columns.
    """

    level: float
    lead: float
    noise: float
    kin: float
    liking: tuple[float, ...]


def kernels(columns: Floats, rows: Floats) -> Kernels:
    """Return what a prior is made of, from kernels of columns [P, C, C] and one of rows [R, R]."""
    values, vectors = eigh(rows)
    order = np.argsort(-values)[:MOST_PAIRS]
    return Kernels(columns, np.maximum(values[order], 0.0), vectors[:, order])


def prior(variances: Variances, of: Kernels) -> Prior:
    """Return the prior that adds up all parts."""
    own = variances.lead + np.tensordot(np.asarray(variances.liking), of.columns, axes=1)
    values, vectors = eigh(own)
    products = variances.kin * np.outer(of.row_values, np.maximum(values, 0.0))
    first = np.argsort(-products, axis=None)[:MOST_PAIRS]
    first = first[products.ravel()[first] > NEGLIGIBLE]
    row, column = np.unravel_index(first, products.shape)
    shared = of.row_vectors[:, row] * np.sqrt(products.ravel()[first])
    count = len(own)
    left = np.hstack([np.ones((len(shared), count)), shared])
    right = np.hstack([np.sqrt(variances.level) * _levels(of.columns), vectors[:, column]])
    return Prior((1.0 - variances.kin) * own, variances.noise, left, right)


def fit_variances(cells: Cells, of: Kernels, *, seed: int = 0) -> Variances:
    """Find the variances that make the cells most likely, each drawn a little to what is usual (type II likelihood).

    Rasmussen & Williams 2006, section 5.4.1, with a log-normal prior; gradients are differences.
    """
    few = _some_rows(cells, seed)
    start = np.full(4 + len(of.columns), np.log(USUAL))
    start[3] = 0.0  # log-odds of kin

    def badness(x: Floats) -> float:
        doubt = 0.5 * float((((x - start) / DOUBT) ** 2).sum())
        return doubt - condition(prior(_variances(x), of), few).evidence

    bounds = [(-9.0, 3.0)] * 3 + [(-4.0, 4.0)] + [(-9.0, 3.0)] * len(of.columns)
    found = minimize(badness, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": ROUNDS, "eps": 1e-3})
    return _variances(found.x)


def _variances(x: Floats) -> Variances:
    level, lead, noise = (float(value) for value in np.exp(x[:3]))
    return Variances(level, lead, noise, float(1.0 / (1.0 + np.exp(-x[3]))), tuple(float(v) for v in np.exp(x[4:])))


def _levels(columns: Floats) -> Floats:
    """A root of the covariance of levels: half of each is its own, half is common to those alike."""
    own = np.eye(columns.shape[1])
    if not len(columns):
        return own
    root: Floats = cholesky(0.5 * own + 0.5 * columns.mean(axis=0), lower=True)
    return root


def _some_rows(cells: Cells, seed: int) -> Cells:
    rows, counts = np.unique(cells.rows, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(rows))
    kept = rows[order[np.cumsum(counts[order]) <= MOST_CELLS]]
    chosen = np.isin(cells.rows, kept if len(kept) else rows[order[:1]])
    return Cells(cells.rows[chosen], cells.columns[chosen], cells.values[chosen])
