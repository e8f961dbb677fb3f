"""The process over the cells of a matrix, held against the whole covariance written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from taskatlas.analyze.completion.learned import learn
from taskatlas.analyze.completion.process import (
    Cells,
    Prior,
    cells_of,
    condition,
    predict,
    without_cells,
    without_columns,
)

ROWS, COLUMNS, FEATURES, NOISE = 6, 5, 4, 0.3


@pytest.fixture
def prior() -> Prior:
    random = np.random.default_rng(0)
    root = random.normal(size=(COLUMNS, COLUMNS))
    left, right = random.normal(size=(ROWS, FEATURES)), random.normal(size=(COLUMNS, FEATURES))
    return Prior(root @ root.T / COLUMNS, NOISE, left, right)


@pytest.fixture
def cells() -> Cells:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(ROWS, COLUMNS))
    matrix[random.random(matrix.shape) < 0.4] = np.nan
    matrix[2] = np.nan  # a row of which nothing is known
    return cells_of(matrix)


def covariance(prior: Prior, rows, columns, other_rows, other_columns):
    own = prior.own[np.ix_(columns, other_columns)] * (rows[:, None] == other_rows)
    return own + prior.shared(rows, columns) @ prior.shared(other_rows, other_columns).T


def kept(cells: Cells, mask) -> Cells:
    return Cells(cells.rows[mask], cells.columns[mask], cells.values[mask])


def test_cells_are_those_that_are_known_row_by_row():
    cells = cells_of(np.array([[np.nan, 1.0], [2.0, 3.0]]))
    assert cells.rows.tolist() == [0, 1, 1]
    assert cells.columns.tolist() == [1, 0, 1]
    assert cells.values.tolist() == [1.0, 2.0, 3.0]


def test_evidence_and_predictions_are_those_of_the_whole_covariance(prior: Prior, cells: Cells):
    process = condition(prior, cells)
    seen = covariance(prior, cells.rows, cells.columns, cells.rows, cells.columns) + NOISE * np.eye(len(cells.rows))
    assert process.evidence == pytest.approx(multivariate_normal(np.zeros(len(seen)), seen).logpdf(cells.values))
    rows, columns = np.repeat(np.arange(ROWS), COLUMNS), np.tile(np.arange(COLUMNS), ROWS)
    cross = covariance(prior, rows, columns, cells.rows, cells.columns)
    mean = cross @ np.linalg.solve(seen, cells.values)
    before = np.diag(covariance(prior, rows, columns, rows, columns))
    variance = before - np.einsum("ij,ji->i", cross, np.linalg.solve(seen, cross.T)) + NOISE
    found = predict(process, np.arange(ROWS))
    assert found.mean == pytest.approx(mean.reshape(ROWS, COLUMNS))
    assert found.sigma**2 == pytest.approx(variance.reshape(ROWS, COLUMNS))


def test_leaving_out_a_column_is_seeing_the_others_alone(prior: Prior, cells: Cells):
    found = without_columns(condition(prior, cells))
    for column in range(COLUMNS):
        out = cells.columns == column
        others = predict(condition(prior, kept(cells, ~out)), np.arange(ROWS))
        assert found.mean[out] == pytest.approx(others.mean[cells.rows[out], column])
        assert found.sigma[out] == pytest.approx(others.sigma[cells.rows[out], column])


def test_leaving_out_a_cell_is_seeing_the_others_alone(prior: Prior, cells: Cells):
    found = without_cells(condition(prior, cells))
    for at in range(len(cells.rows)):
        others = predict(condition(prior, kept(cells, np.arange(len(cells.rows)) != at)), np.arange(ROWS))
        assert found.mean[at] == pytest.approx(others.mean[cells.rows[at], cells.columns[at]])
        assert found.sigma[at] == pytest.approx(others.sigma[cells.rows[at], cells.columns[at]])


def test_what_varies_together_is_learnt_from_rows_with_holes():
    random = np.random.default_rng(2)
    common = random.normal(size=(300, 1))
    matrix = np.hstack([common, common, -common, random.normal(size=(300, 1))]) + 0.3 * random.normal(size=(300, 4))
    matrix[random.random(matrix.shape) < 0.3] = np.nan
    nothing = np.zeros((4, 1))
    first = Prior(np.eye(4), 0.1, np.zeros((300, 1)), nothing)
    learnt = learn(first, cells_of(matrix), strength=10.0).own
    correlation = learnt / np.sqrt(np.outer(np.diag(learnt), np.diag(learnt)))
    assert correlation[0, 1] > 0.8
    assert correlation[0, 2] < -0.8
    assert abs(correlation[0, 3]) < 0.2
    firm = learn(first, cells_of(matrix), strength=1e6).own
    assert firm == pytest.approx(np.eye(4), abs=0.01)
