import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.forecast.gold import gold_student, sees_numbers


def texts(n: int, gap: float, seed: int = 0):
    """Two classes whose inputs lie apart by `gap` in one of 20 directions."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    inputs = generator.normal(size=(n, 20)).astype(np.float32)
    inputs[:, 0] += gap * (labels - 0.5)
    return inputs, labels.astype(np.int64)


def test_a_dataset_that_the_surrogate_sees_is_reached():
    inputs, labels = texts(200, 8.0)
    gold = gold_student(inputs, labels, 2)
    assert gold.reach > 0.97
    assert gold.majority == 0.5
    fresh, theirs = texts(200, 8.0, seed=1)
    likely = gold.probabilities(fresh)
    assert likely.shape == (200, 2)
    assert np.allclose(likely.sum(axis=1), 1.0)
    assert (likely.argmax(axis=1) == theirs).mean() > 0.97
    assert likely[np.arange(200), theirs].mean() > 0.9


def test_of_a_dataset_that_it_cannot_see_it_says_the_shares_of_the_classes():
    inputs, _ = texts(300, 0.0)
    labels = (np.random.default_rng(7).random(300) < 0.2).astype(np.int64)
    gold = gold_student(inputs, labels, 2)
    likely = gold.probabilities(texts(300, 0.0, seed=2)[0])
    assert np.abs(likely[:, 1] - labels.mean()).max() < 0.15
    assert gold.reach < gold.majority + 0.03


def test_probabilities_are_as_often_right_as_they_say():
    inputs, labels = texts(400, 1.5)
    gold = gold_student(inputs, labels, 2)
    fresh, theirs = texts(4_000, 1.5, seed=3)
    likely = gold.probabilities(fresh)
    sure = likely.max(axis=1)
    assert (likely.argmax(axis=1) == theirs).mean() == pytest.approx(sure.mean(), abs=0.05)


def test_a_class_without_a_text_stays_improbable_and_finite():
    inputs, labels = texts(60, 4.0)
    likely = gold_student(inputs, labels, 3).probabilities(inputs)
    assert np.isfinite(likely).all()
    assert likely[:, 2].max() < 0.2


@pytest.mark.parametrize(("n", "labels", "classes"), [(1, 1, 2), (5, 4, 2), (5, 5, 1)])
def test_what_makes_no_student_is_refused(n: int, labels: int, classes: int):
    with pytest.raises(InputError, match="no gold student"):
        gold_student(np.ones((n, 3), np.float32), np.zeros(labels, np.int64), classes)


def test_a_student_of_labels_that_texts_say_nothing_of_is_told_from_one_of_others():
    sees = [gold_student(*texts(150, gap, seed), 2).sees for gap in (0.0, 1.5) for seed in range(40)]
    assert sum(sees[:40]) <= 5, "by chance in one case of twenty"
    assert all(sees[40:])


def test_where_a_class_is_common_something_is_seen_though_it_is_always_answered():
    inputs, _ = texts(400, 0.0)
    labels = (np.random.default_rng(3).random(400) < 0.12).astype(np.int64)
    inputs[:, 0] += 1.2 * labels
    gold = gold_student(inputs, labels, 2)
    assert gold.reach <= gold.majority + 0.01
    assert gold.sees


def test_of_few_labels_it_cannot_be_told():
    inputs, labels = texts(49, 0.0)
    assert gold_student(inputs, labels, 2).evidence < 1.0
    assert gold_student(inputs, labels, 2).sees
    assert not gold_student(*texts(60, 0.0), 2).sees


def test_numbers_are_seen_or_not():
    inputs, _ = texts(200, 0.0)
    noise = np.random.default_rng(5).normal(size=200)
    assert sees_numbers(inputs, inputs[:, 0] + noise)
    assert not sees_numbers(inputs, noise)
    assert sees_numbers(inputs[:30], noise[:30]), "too few to tell"
