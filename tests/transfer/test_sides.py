"""Sides: what inputs are about and what is answered; and what a source is worth whatever the target."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.transfer.likeness import centred_cosines
from taskatlas.transfer.sides import Seen, head_start, sides_of

AXES = np.eye(6, dtype=np.float32)


def seen(about: int, answered: int, spread: float = 0.1) -> Seen:
    """A dataset whose texts lie around one axis, and whose output text is another."""
    noise = spread * np.random.default_rng(about).normal(size=(40, 6)).astype(np.float32)
    return Seen(AXES[about] + noise, np.stack([AXES[[answered, answered]]]), np.ones(1))


def test_one_side_is_inputs_the_other_outputs():
    inputs, outputs = sides_of([seen(0, 2), seen(0, 3), seen(1, 2), seen(1, 3)])
    assert inputs[0, 1] > 0.9
    assert inputs[0, 2] < 0.0
    assert outputs[0, 2] > 0.9
    assert outputs[0, 1] < 0.0


def test_two_datasets_cannot_be_compared():
    with pytest.raises(InputError, match="2 datasets cannot be compared"):
        sides_of([seen(0, 2), seen(1, 3)])


def test_a_broad_source_has_a_head_start():
    datasets = [seen(0, 2, spread=0.5), seen(0, 2, spread=0.1), seen(0, 2, spread=0.1)]
    breadth = head_start(datasets)
    # one of three stands out: its value is the square root of two standard deviations above the mean
    assert breadth == pytest.approx([0.2 * 2**0.5, -0.1 * 2**0.5, -0.1 * 2**0.5], rel=0.05)


def test_equally_broad_sources_have_no_head_start():
    assert head_start([seen(0, 2)] * 3).tolist() == [0.0, 0.0, 0.0]


def test_a_vector_at_the_mean_is_like_nothing():
    assert centred_cosines([[0.0, 1.0], [0.0, -1.0], [0.0, 0.0]])[2].tolist() == [0.0, 0.0, 0.0]
