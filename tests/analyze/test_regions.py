"""Regions: entities that lie together are one region, however they are ordered and however often it is asked."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze import regions
from taskatlas.analyze.regions import FEWEST, regions_of


def clumps(sizes: list[int], seed: int = 0, noise: float = 0.05) -> np.ndarray:
    """Vectors of unit length about an axis for each size."""
    random = np.random.default_rng(seed)
    rows = np.concatenate([np.tile(np.eye(len(sizes) + 2)[axis], (size, 1)) for axis, size in enumerate(sizes)])
    rows += noise * random.standard_normal(rows.shape)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_what_lies_together_is_one_region_numbered_by_its_first_member():
    found = regions_of(clumps([5, 8, 4]))
    assert found.of.tolist() == [0] * 5 + [1] * 8 + [2] * 4
    assert found.centrality.min() > 0.8


def test_the_order_of_the_vectors_changes_no_region():
    vectors, order = clumps([5, 8, 4]), np.random.default_rng(1).permutation(17)
    found, shuffled = regions_of(vectors), regions_of(vectors[order])
    together = found.of[:, None] == found.of[None]
    assert ((shuffled.of[:, None] == shuffled.of[None]) == together[np.ix_(order, order)]).all()
    assert np.allclose(shuffled.centrality, found.centrality[order], atol=1e-5)


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_few_vectors_are_one_region(count: int):
    assert set(regions_of(clumps([1] * count)).of.tolist()) == {0}


def test_equal_vectors_are_one_region_and_nothing_is_divided_by_zero():
    found = regions_of(np.tile(np.eye(3, dtype=np.float32)[0], (6, 1)))
    assert set(found.of.tolist()) == {0}
    assert np.isfinite(found.centrality).all()


def test_vectors_beyond_those_that_are_compared_go_to_the_nearest_region(monkeypatch: pytest.MonkeyPatch):
    vectors = clumps([5, 8, 4])
    order = np.random.default_rng(2).permutation(17)
    whole = regions_of(vectors[order])
    monkeypatch.setattr(regions, "MOST_COMPARED", 12)
    assert regions_of(vectors[order]).of.tolist() == whole.of.tolist()
