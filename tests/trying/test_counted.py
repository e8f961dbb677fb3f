"""Counting with the student as control variate."""

import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.trying.counted import counted

TEXTS = 300


def drawn(random: np.random.Generator, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Hits on all texts, and chances that tell so much of them."""
    chances = random.random(TEXTS)
    return (random.random(TEXTS) < 0.5 + slope * (chances - 0.5)).astype(np.float64), chances


@pytest.mark.parametrize("k", [8, 16, 32, 64])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_intervals_hold_the_score_and_are_never_wider_than_plain_counting(k: int, slope: float):
    random = np.random.default_rng(k)
    held, widths = [], []
    for _ in range(400):
        hits, chances = drawn(random, slope)
        some = random.permutation(TEXTS)[:k]
        found = counted(hits[some], chances[some], float(chances.mean()), TEXTS)
        plain = counted(hits[some], np.full(k, 0.5), 0.5, TEXTS)
        held.append(found.low - 1e-9 <= hits.mean() <= found.high + 1e-9)
        widths.append((found.high - found.low) / (plain.high - plain.low))
        assert found.low <= found.value <= found.high
    assert np.mean(held) > 0.86
    assert np.percentile(widths, 90) < 1.0 + 1e-9 or slope == 0.0
    assert np.mean(widths) < {0.0: 1.01, 0.5: 1.0, 1.0: 0.9}[slope]


def test_a_student_that_knows_makes_the_count_better():
    random = np.random.default_rng(1)
    errors, plain = [], []
    for _ in range(400):
        hits, chances = drawn(random, 1.0)
        some = random.permutation(TEXTS)[:40]
        errors.append(counted(hits[some], chances[some], float(chances.mean()), TEXTS).value - hits.mean())
        plain.append(hits[some].mean() - hits.mean())
    assert np.std(errors) < 0.95 * np.std(plain)


def test_a_student_that_has_it_backwards_is_not_listened_to():
    hits, chances = np.tile([1.0, 0.0], 10), np.tile([0.1, 0.9], 10)
    assert counted(hits, chances, 0.3, TEXTS) == counted(hits, np.full(20, 0.5), 0.5, TEXTS)


@pytest.mark.parametrize("hits", [np.ones(5), np.zeros(5), np.ones(1)])
def test_all_alike_leaves_room_for_doubt(hits: np.ndarray):
    found = counted(hits, np.linspace(0, 1, len(hits)), 0.5, TEXTS)
    assert found.value == hits[0]
    assert found.high - found.low > 0.2
    assert 0.0 <= found.low <= found.high <= 1.0


def test_nothing_tried_is_refused():
    with pytest.raises(InputError, match="0 hits and 0 chances"):
        counted(np.zeros(0), np.zeros(0), 0.5, TEXTS)
    with pytest.raises(InputError, match="2 hits and 3 chances"):
        counted(np.zeros(2), np.zeros(3), 0.5, TEXTS)
