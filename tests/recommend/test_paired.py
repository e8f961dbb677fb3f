"""Differences of scores on the same texts, by hand, and what each text adds to a score."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.embed.measure import resampled, spearman
from taskatlas.errors import InputError
from taskatlas.recommend.merits import merits_of_classes, merits_of_numbers
from taskatlas.recommend.paired import differences

NAN = float("nan")


def test_the_interval_of_a_pair_is_that_of_bonett_and_price():
    # of 10 texts the first alone is right on 4, the second alone on 1: (5 − 2) / 12 ± 1.645 √((7/12 − (3/12)²) / 12)
    first = np.array([1, 1, 1, 1, 0, 1, 1, 1, 0, 0], float)
    second = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 0], float)
    found = differences(np.stack([first, second]))
    half = 1.645 * np.sqrt((7 / 12 - 1 / 16) / 12)
    assert (found.low[0, 1], found.high[0, 1]) == (pytest.approx(0.25 - half), pytest.approx(0.25 + half))
    assert (found.low[1, 0], found.high[1, 0]) == (pytest.approx(-0.25 - half), pytest.approx(-0.25 + half))


def test_equal_answers_are_tied_and_still_not_known_exactly():
    found = differences(np.ones((2, 20)))
    # as if each had been right once alone: ± 1.645 √(2/22 / 22)
    assert found.high[0, 1] == pytest.approx(1.645 * np.sqrt(2) / 22)
    assert found.low[0, 1] == pytest.approx(-found.high[0, 1])


def test_what_both_get_right_makes_a_pair_narrower_than_its_two():
    right = np.r_[np.ones(60), np.zeros(40)]
    better = np.r_[np.ones(68), np.zeros(32)]
    paired = differences(np.stack([better, right]))
    apart = differences(np.stack([np.r_[better, np.full(100, NAN)], np.r_[np.full(100, NAN), right]]))
    assert paired.low[0, 1] > 0 > apart.low[0, 1]


def test_texts_that_only_one_answered_do_not_count_in_a_pair():
    first = np.array([1, 1, 1, 0, 1, 1], float)
    second = np.array([0, 1, 0, 0, NAN, NAN])
    # on the four that they share 2 and 0 are right alone: (3 − 1) / 6
    found = differences(np.stack([first, second]))
    assert (found.low[0, 1] + found.high[0, 1]) / 2 == pytest.approx(2 / 6)


def test_two_that_share_no_text_are_compared_by_their_own_intervals():
    first, second = np.array([1, 1, 1, 0, NAN, NAN, NAN, NAN]), np.array([NAN, NAN, NAN, NAN, 0, 1, 0, 0])
    found = differences(np.stack([first, second]))
    # with one more right and one more wrong each: 4/6 − 2/6 ± 1.645 √(2 · (4/6 · 2/6) / 6)
    half = 1.645 * np.sqrt(2 * (8 / 36) / 6)
    assert (found.low[0, 1], found.high[0, 1]) == (pytest.approx(1 / 3 - half), pytest.approx(1 / 3 + half))


def test_nobody_is_compared_with_one_that_answered_nothing():
    found = differences(np.array([[1.0, 0.0], [NAN, NAN]]))
    assert np.isnan(found.low[0, 1])
    assert np.isnan(found.low[1, 0])
    assert differences(np.empty((3, 0))).low.shape == (3, 3)


def test_an_interval_holds_the_difference_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = []
    for _ in range(600):
        shared = random.random(80)
        first, second = (shared + 0.4 * random.random(80) < 0.75).astype(float), (shared < 0.5).astype(float)
        # P(shared + 0.4 u < 0.75) = 0.55, and P(shared < 0.5) = 0.5
        found = differences(np.stack([first, second]))
        held.append(found.low[0, 1] <= 0.05 <= found.high[0, 1])
    assert 0.87 <= np.mean(held) <= 0.96


def test_merits_of_classes():
    assert merits_of_classes(np.array([2, -1, 0]), np.array([2, 1, 1])).tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(InputError, match="2 answers and 3 labels cannot be compared"):
        merits_of_classes(np.array([0, 1]), np.array([0, 1, 1]))


def test_merits_of_numbers_average_to_spearman_and_spread_as_its_bootstrap():
    random = np.random.default_rng(1)
    values = random.normal(size=200)
    answers = (values + random.normal(size=200)).round(1)
    merits = merits_of_numbers(answers, values)
    assert merits.mean() == pytest.approx(spearman(answers, values))
    samples = resampled(lambda rows: spearman(answers[rows], values[rows]), 200, resamples=400)
    assert merits.std() / np.sqrt(200) == pytest.approx(samples.std(), rel=0.15)


def test_a_constant_has_no_merits():
    assert merits_of_numbers([3.0, 3.0, 3.0], [1.0, 2.0, 3.0]).tolist() == [0.0, 0.0, 0.0]
    assert merits_of_numbers([1.0, 2.0], [5.0, 5.0]).tolist() == [0.0, 0.0]
