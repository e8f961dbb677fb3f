"""The order in which texts are tried."""

import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.trying.order import balanced_order


def test_every_text_comes_once():
    for n in (0, 1, 2, 3, 7, 64, 100):
        order = balanced_order(np.arange(n) % 3, np.linspace(0, 1, n))
        assert sorted(order.tolist()) == list(range(n))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [8, 20, 50])
def test_a_beginning_is_like_the_whole(k: int, seed: int):
    random = np.random.default_rng(seed)
    labels = (random.random(200) < 0.3).astype(np.int64)
    expected = random.random(200)
    order = balanced_order(labels, expected, seed=seed)
    assert abs(labels[order[:k]].mean() - labels.mean()) <= 2.5 / k
    errors, plain = [], []
    for draw in range(50):
        errors.append(expected[balanced_order(labels, expected, seed=draw)[:k]].mean() - expected.mean())
        plain.append(expected[random.permutation(200)[:k]].mean() - expected.mean())
    assert np.std(errors) < 0.8 * np.std(plain)


def test_no_text_comes_first_more_often_than_others():
    firsts = {int(balanced_order(np.zeros(16), np.arange(16.0), seed=seed)[0]) for seed in range(200)}
    assert firsts == set(range(16))


def test_the_same_seed_gives_the_same_order():
    labels, expected = np.arange(30) % 2, np.linspace(0, 1, 30)
    assert balanced_order(labels, expected, seed=4).tolist() == balanced_order(labels, expected, seed=4).tolist()


def test_labels_of_another_number_are_refused():
    with pytest.raises(InputError, match="3 labels and 2 texts"):
        balanced_order(np.zeros(3), np.zeros(2))
