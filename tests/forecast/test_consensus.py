import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.forecast.consensus import consensus

N = 400


def world(accuracies: list[float], classes: int = 3, seed: int = 0):
    """True labels and the answers of independent subjects that are right as often as said."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, N)
    wrong = (labels + generator.integers(1, classes, (len(accuracies), N))) % classes
    right = generator.random((len(accuracies), N)) < np.asarray(accuracies)[:, None]
    return labels, np.where(right, labels, wrong)


def flat(classes: int = 3):
    return np.full((N, classes), 1.0 / classes)


def test_independent_subjects_are_ordered_by_one_another():
    labels, answers = world([0.9, 0.75, 0.6, 0.45, 0.3])
    found = consensus(flat(), answers, np.full(5, 0.6))
    assert np.argsort(-found).tolist() == [0, 1, 2, 3, 4]
    assert found[0] - found[4] > 0.1
    # which label a text has stays open, so the best are thought to be less good than they are
    assert found[0] < (answers[0] == labels).mean()


def test_a_subjects_own_answers_are_no_witness_for_it():
    labels, answers = world([0.9])
    assert consensus(flat(), answers, np.asarray([0.9]))[0] == pytest.approx(1 / 3, abs=0.05)
    likely = np.where(np.eye(3)[labels] > 0, 0.98, 0.01)
    assert consensus(likely, answers, np.asarray([0.5]))[0] == pytest.approx((answers == labels).mean(), abs=0.03)


def test_labels_that_are_known_outvote_a_majority_that_errs_alike():
    labels, answers = world([0.9, 0.9, 0.9])
    alike = np.stack([(labels + 1) % 3] * 3)
    likely = np.where(np.eye(3)[labels] > 0, 0.998, 0.001)
    found = consensus(likely, np.vstack([answers, alike]), np.full(6, 0.5))
    assert found[:3].min() > 0.8
    assert found[3:].max() < 0.2


def test_texts_without_an_answer_count_as_wrong():
    labels, answers = world([0.9, 0.9, 0.9, 0.9])
    answers[0, : N // 2] = -1
    found = consensus(np.where(np.eye(3)[labels] > 0, 0.9, 0.05), answers, np.full(4, 0.8))
    assert found[0] == pytest.approx(0.45, abs=0.04)


def test_the_order_of_subjects_changes_nothing():
    _, answers = world([0.9, 0.7, 0.5, 0.4])
    expected = np.asarray([0.8, 0.6, 0.5, 0.4])
    turned = consensus(flat(), answers[::-1], expected[::-1])[::-1]
    assert np.allclose(consensus(flat(), answers, expected), turned)


def test_a_hundred_copies_count_as_one():
    labels, answers = world([0.8, 0.35])
    copies = np.vstack([answers[:1], np.repeat(answers[1:], 100, axis=0)])
    likely = np.where(np.eye(3)[labels] > 0, 0.9, 0.05)
    found = consensus(likely, copies, np.full(101, 0.5))
    assert found[0] > 0.7
    assert found[1:] == pytest.approx(np.full(100, 0.35), abs=0.1)


@pytest.mark.parametrize(
    ("answers", "likely", "expected"),
    [
        (np.zeros((0, 5), np.int64), flat()[:5], np.zeros(0)),
        (np.zeros((2, 0), np.int64), flat()[:0], np.zeros(2)),
        (np.zeros((2, 5), np.int64), flat()[:4], np.zeros(2)),
        (np.zeros((2, 5), np.int64), flat()[:5], np.zeros(3)),
        (np.zeros(5, np.int64), flat()[:5], np.zeros(1)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(answers, likely, expected):
    with pytest.raises(InputError, match="do not fit"):
        consensus(likely, answers, expected)
