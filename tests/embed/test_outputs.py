from __future__ import annotations

import numpy as np
import pytest

from taskatlas.embed import outputs
from taskatlas.errors import InputError, ModelError


def test_labels_become_one_hot_rows():
    result = outputs.from_labels(["b", "a", "b"], ["a", "b", "never"])
    assert result.texts == ("a", "b", "never")
    assert result.weights.tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    assert result.weights.dtype == np.float32
    assert not result.soft
    assert result.top.tolist() == [1, 0, 1]
    assert result.subset(np.array([1])).weights.tolist() == [[1, 0, 0]]


def test_probabilities_are_scaled_and_soft():
    result = outputs.from_probabilities([[2, 2], [1, 3]], ["a", "b"])
    np.testing.assert_allclose(result.weights, [[0.5, 0.5], [0.25, 0.75]])
    assert result.soft


def test_numbers_lie_between_the_poles_by_rank():
    result = outputs.from_numbers([10.0, -3.0, 1e9, 10.0])
    assert result.texts == outputs.POLES
    assert result.numeric
    np.testing.assert_allclose(result.weights[:, 1], [0.5, 0, 1, 0.5])
    np.testing.assert_allclose(result.weights.sum(axis=1), 1)


def test_any_increasing_change_of_numbers_gives_the_same_outputs():
    values = np.random.default_rng(0).normal(size=40)
    np.testing.assert_array_equal(
        outputs.from_numbers(values).weights, outputs.from_numbers(np.exp(3 * values)).weights
    )


def test_free_texts_are_one_hot_over_the_different_ones():
    result = outputs.from_texts(["yes ", "no", "yes", "perhaps"])
    assert result.texts == ("no", "perhaps", "yes")
    assert result.top.tolist() == [2, 0, 2, 1]


def test_150_classes():
    names = [f"intent {index}" for index in range(150)]
    result = outputs.from_labels([names[index % 150] for index in range(600)], names)
    assert result.weights.shape == (600, 150)
    assert result.weights.sum() == 600


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda **k: outputs.from_labels([], ["a", "b"], **k), "no outputs"),
        (lambda **k: outputs.from_labels(["a", "a"], ["a", "b"], **k), "the same for every text"),
        (lambda **k: outputs.from_labels(["z"], ["a", "b"], **k), "'z' is none of its classes"),
        (lambda **k: outputs.from_probabilities([[0.5, np.nan]], ["a", "b"], **k), "not finite"),
        (lambda **k: outputs.from_probabilities([[0.5, -0.5]], ["a", "b"], **k), "negative"),
        (lambda **k: outputs.from_probabilities([[0.0, 0.0]], ["a", "b"], **k), "zero everywhere"),
        (lambda **k: outputs.from_probabilities([[0.5, 0.5]], ["a", "b", "c"], **k), "the shape"),
        (lambda **k: outputs.from_probabilities([[0.3, 0.7]] * 3, ["a", "b"], **k), "the same for every text"),
        (lambda **k: outputs.from_probabilities([[1, 0], [0, 1]], ["a", "a"], **k), "the same text"),
        (lambda **k: outputs.from_probabilities(np.empty((0, 2)), ["a", "b"], **k), "no outputs"),
        (lambda **k: outputs.from_numbers([1.0, np.nan], **k), "not finite"),
        (lambda **k: outputs.from_numbers([2.0, 2.0], **k), "the same for every text"),
        (lambda **k: outputs.from_numbers([], **k), "no outputs"),
        (lambda **k: outputs.from_texts([], **k), "no outputs"),
        (lambda **k: outputs.from_texts(["a", " a"], **k), "the same for every text"),
    ],
)
@pytest.mark.parametrize("error", [InputError, ModelError])
def test_outputs_that_say_nothing_are_refused(make, message, error):
    with pytest.raises(error, match=message) as caught:
        make(where="subject x", error=error)
    assert str(caught.value).startswith("subject x: ")
