import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.forecast.alike import alike_elsewhere


def test_what_is_alike_decides():
    scores = [[0.9, 0.5], [0.5, 0.9]]
    first = alike_elsewhere(scores, [2, 2], [1.0, 0.0], 2)
    assert first[0] > 0.7 > first[1]
    assert alike_elsewhere(scores, [2, 2], [0.0, 1.0], 2) == pytest.approx(first[::-1])
    assert np.ptp(alike_elsewhere(scores, [2, 2], [0.3, 0.3], 2)) == pytest.approx(0.0)


def test_a_level_is_above_the_chance_of_the_target():
    # halfway between chance and all right, wherever
    found = alike_elsewhere([[0.75, 0.625]], [2, 4], [0.2, 0.9], 10)
    assert found == pytest.approx([0.1 + 0.9 * 0.5])


def test_a_subject_that_was_measured_nowhere_is_expected_at_the_level():
    found = alike_elsewhere([[0.9, 0.8], [0.7, 0.6], [np.nan, np.nan]], [2, 2], [0.5, 0.5], 2)
    assert found[0] > found[2] > found[1]
    assert found[2] == pytest.approx(0.75)


def test_one_that_was_measured_on_little_is_shrunk_to_the_level():
    scores = np.array([[0.9, 0.9, 0.9], [0.9, np.nan, np.nan], [0.5, 0.5, 0.5]])
    found = alike_elsewhere(scores, [2, 2, 2], [0.5, 0.5, 0.5], 2)
    assert found[0] > found[1] > found[2]


@pytest.mark.parametrize(
    ("scores", "classes", "near", "target"),
    [
        ([0.5], [2], [1.0], 2),
        ([[0.5]], [2, 2], [1.0, 0.5], 2),
        ([[0.5]], [2], [1.0, 0.5], 2),
        (np.empty((2, 0)), [], [], 2),
        ([[0.5]], [1], [1.0], 2),
        ([[0.5]], [2], [1.0], 1),
        ([[0.5, np.nan]], [2, 2], [1.0, 1.0], 2),
    ],
)
def test_what_does_not_fit_is_refused(scores: object, classes: list[int], near: list[float], target: int):
    with pytest.raises(InputError):
        alike_elsewhere(scores, classes, near, target)  # type: ignore[arg-type]
