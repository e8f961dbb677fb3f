"""Similarity of free answers: cosines by hand, the nearest right answer, and answers that say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze.nearness import similar_texts
from taskatlas.errors import InputError

OF = {
    "Rome": np.array([1.0, 0.0], np.float32),
    "in Rome": np.array([0.6, 0.8], np.float32),
    "Milan": np.array([-1.0, 0.0], np.float32),
    "the same": np.array([1.0, 1e-4], np.float32),
}


@pytest.mark.parametrize(
    ("answer", "right", "worth"),
    [
        ("in Rome", ["Rome"], 0.6),
        ("in Rome", ["Milan", "Rome"], 0.6),
        ("Milan", ["Rome"], 0.0),  # cut at 0
        ("Rome", ["Milan", "Rome"], 1.0),
        ("the same", ["Rome"], 1.0),  # never above 1
        ("", ["Rome"], 0.0),
        ("", ["Rome", ""], 1.0),
        ("Rome", [""], 0.0),
        ("never read", ["never read"], 1.0),  # what is there word for word is right, whatever reads it
    ],
)
def test_the_nearest_right_answer_counts(answer: str, right: list[str], worth: float):
    assert similar_texts([answer], [right], OF).tolist() == [pytest.approx(worth, abs=1e-6)]
    assert 0.0 <= similar_texts([answer], [right], OF)[0] <= 1.0


@pytest.mark.parametrize(("answers", "right"), [(["Rome"], []), (["Rome"], [[]])])
def test_answers_without_what_is_right_are_refused(answers: list[str], right: list[list[str]]):
    with pytest.raises(InputError, match="cannot be held against"):
        similar_texts(answers, right, OF)
