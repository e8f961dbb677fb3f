from __future__ import annotations

import doctest

import numpy as np
import pytest

from taskatlas.analyze import elsewhere, metrics, order
from taskatlas.analyze.scores import score_classes, score_numbers, score_rows
from taskatlas.analyze.similarity import Entity, cosines, neighbors
from taskatlas.errors import InputError


def test_neighbors_are_ranked_per_kind():
    entities = [Entity("dataset", "b"), Entity("dataset", "a"), Entity("dataset", "c"), Entity("subject", "m/p")]
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [3, 3]], np.float32)
    rows = neighbors("space", "crosscov", entities, vectors, 2).to_pylist()
    of_b = [(r["neighbor_kind"], r["neighbor"], r["rank"]) for r in rows if r["entity"] == "b"]
    assert of_b == [("dataset", "a", 1), ("dataset", "c", 2), ("subject", "m/p", 1)]
    assert not [r for r in rows if r["entity"] == r["neighbor"]]
    assert {r["space"] for r in rows} == {"space"}
    assert next(r for r in rows if r["entity"] == "c")["similarity"] == pytest.approx(0.1 / np.sqrt(1.01), abs=1e-6)


def test_equally_near_entities_come_in_the_order_of_their_names():
    entities = [Entity("dataset", name) for name in ("z", "x", "y")]
    rows = neighbors("s", "text", entities, np.ones((3, 2), np.float32), 5).to_pylist()
    assert [r["neighbor"] for r in rows if r["entity"] == "z"] == ["x", "y"]


def test_nothing_to_compare_gives_no_rows():
    assert neighbors("s", "text", [], np.empty((0, 2), np.float32), 5).num_rows == 0
    assert neighbors("s", "text", [Entity("dataset", "a")], np.ones((1, 2), np.float32), 5).num_rows == 0


def test_vectors_of_two_spaces_are_not_compared():
    with pytest.raises(InputError, match="not of one space"):
        cosines(np.ones((2, 3), np.float32), np.ones((2, 4), np.float32))
    with pytest.raises(InputError, match="not finite"):
        cosines(np.full((2, 3), np.nan, np.float32))
    with pytest.raises(InputError, match="do not fit"):
        neighbors("s", "text", [Entity("dataset", "a")], np.ones((2, 2), np.float32), 5)
    assert cosines(np.zeros((1, 3), np.float32), np.ones((2, 3), np.float32)).tolist() == [[0, 0]]


def test_scores_hold_their_value_and_repeat():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    answers = np.where(rng.random(300) < 0.7, labels, -1)
    first, f1 = score_classes(answers, labels)
    assert (first, f1) == score_classes(answers, labels)
    assert first.value == np.mean(answers == labels)
    assert first.low < first.value < first.high
    assert first.high - first.low == pytest.approx(2 * 1.645 * np.sqrt(0.7 * 0.3 / 300), rel=0.15)
    rows = score_rows("m/p", "d", [first, f1]).to_pylist()
    assert [(row["metric"], row["n"]) for row in rows] == [("accuracy", 300), ("macro_f1", 300)]
    with pytest.raises(InputError, match="cannot be scored"):
        score_classes(answers[:2], labels)
    number = score_numbers(labels.astype(float), labels + rng.normal(size=300))
    assert number.metric == "spearman"
    assert number.low < number.value < number.high


def test_intervals_hold_the_true_accuracy_nine_times_in_ten():
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(80):
        labels = rng.integers(0, 2, 120)
        answers = np.where(rng.random(120) < 0.7, labels, 1 - labels)
        score = score_classes(answers, labels, seed=trial)[0]
        held += score.low <= 0.7 <= score.high
    assert 0.82 <= held / 80 <= 0.97


def test_ndcg_by_hand():
    # three sources, true order a, b, c: relevance 3, 2, 1, gains 7, 3, 1, discounts 1, log2(3), 2
    truth = [0.9, 0.5, 0.1]
    best = 7 + 3 / np.log2(3) + 1 / 2
    assert metrics.ndcg([3, 2, 1], truth) == 1
    assert metrics.ndcg([1, 3, 2], truth) == pytest.approx((3 + 1 / np.log2(3) + 7 / 2) / best)
    with pytest.raises(InputError, match="do not fit"):
        metrics.ndcg([1, 2], truth)


def test_regret_by_hand():
    assert metrics.regret([1, 3, 2], [0.8, 0.4, 0.6], 1) == pytest.approx(0.5)
    assert metrics.regret([1, 3, 2], [0.8, 0.4, 0.6], 2) == pytest.approx(0.25)
    assert metrics.regret([1, 3, 2], [0.8, 0.4, 0.6], 3) == 0
    with pytest.raises(InputError):
        metrics.regret([1], [0.5], 0)


def test_choice_by_hand():
    choice = metrics.choice([0.2, 0.9, 0.1], [0.5, 0.6, 0.7])
    assert choice.pick == 0.6
    assert choice.loss == pytest.approx(0.1)
    assert (choice.best, choice.worst, choice.spearman) == (0.7, 0.5, pytest.approx(-0.5))
    assert choice.mean == pytest.approx(0.6)
    assert metrics.choice([1, 1], [0.2, 0.4]).pick == pytest.approx(0.3)


def test_sign_flip_by_hand():
    # of the eight signs of 1, 2 and -2 the sums are 1, 5, -3, 1, -1, 3, -5 and -1
    assert metrics.sign_flip([1, 2, -2]) == 1.0
    assert metrics.sign_flip([1, 2, 2]) == 2 / 8
    assert metrics.sign_flip([0.0, 0.0]) == 1.0
    with pytest.raises(InputError, match="nothing to compare"):
        metrics.sign_flip([])


def test_a_sign_flip_test_of_many_is_right_as_often_as_it_says():
    rng = np.random.default_rng(0)
    p_values = [metrics.sign_flip(rng.normal(0, 1, 30), seed=trial) for trial in range(200)]
    assert 0.05 <= np.mean([p <= 0.1 for p in p_values]) <= 0.16
    assert metrics.sign_flip(rng.normal(1, 1, 40)) < 0.01
    assert metrics.sign_flip(np.ones(30), draws=500) == 1 / 500


def test_siblings_are_those_with_a_family():
    similarity = np.array([[1, 0.2, 0.9], [0.2, 1, 0.1], [0.9, 0.1, 1]])
    assert metrics.siblings(similarity, ["x", "y", "x"]) == {0: 2, 2: 0}


def test_bootstrap_holds_the_mean_nine_times_in_ten():
    rng = np.random.default_rng(1)
    intervals = [metrics.bootstrap(rng.normal(5, 1, 40), resamples=400, seed=trial) for trial in range(200)]
    assert 0.82 <= np.mean([one.low <= 5 <= one.high for one in intervals]) <= 0.96
    with pytest.raises(InputError):
        metrics.bootstrap([])


@pytest.mark.parametrize("module", [elsewhere, metrics, order])
def test_examples_in_docstrings(module):
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert not failed
