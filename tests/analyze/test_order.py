"""Rows in an order in which like stands beside like."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze.order import leaf_order


def steps(matrix, order):
    return float(np.linalg.norm(np.diff(np.asarray(matrix)[order], axis=0), axis=1).sum())


def test_a_shuffled_line_is_a_line_again():
    line = np.arange(12.0)[:, None] ** 1.1
    shuffled = np.random.default_rng(0).permutation(12)
    ordered = [int(shuffled[index]) for index in leaf_order(line[shuffled])]
    assert ordered in (list(range(12)), list(range(12))[::-1])


def test_blocks_stay_together():
    random = np.random.default_rng(1)
    block = random.permutation(np.repeat([0, 1, 2], 5))
    matrix = np.eye(3)[block] * 10 + random.normal(0, 0.1, (15, 3))
    in_order = block[leaf_order(matrix)]
    assert (np.diff(in_order) != 0).sum() == 2


@pytest.mark.parametrize("rows", [50, 320])
def test_it_is_an_order_that_is_shorter_than_chance(rows: int):
    matrix = np.random.default_rng(2).normal(size=(rows, 3))
    order = leaf_order(matrix)
    assert sorted(order) == list(range(rows))
    assert order == leaf_order(matrix)
    assert steps(matrix, order) < 0.6 * steps(matrix, list(range(rows)))


def test_what_is_not_known_counts_as_the_mean_of_its_column():
    matrix = np.array([[0.0, 9.0], [10.0, 9.0], [np.nan, 9.0], [11.0, 9.0], [1.0, 9.0]])  # mean of the first: 5.5
    filled = np.where(np.isnan(matrix), 5.5, matrix)
    assert leaf_order(matrix) == leaf_order(filled)
    assert leaf_order(np.full((4, 2), np.nan)) == leaf_order(np.zeros((4, 2)))


@pytest.mark.parametrize(("shape", "expected"), [((0, 3), []), ((1, 3), [0]), ((2, 3), [0, 1]), ((4, 0), [0, 1, 2, 3])])
def test_few_rows_stay_as_they_are(shape: tuple[int, int], expected: list[int]):
    assert leaf_order(np.zeros(shape)) == expected
