import numpy as np
import pytest

from taskatlas.embed.interval import result
from taskatlas.forecast.gate import UNLIKE, UNNAMED, UNSEEN, blind, gated
from taskatlas.forecast.indications import Indications, gather

N = 90
SUBJECTS = ("good", "coin", "constant", "mute")


def known(seen: bool) -> Indications:
    labels = np.arange(N) % 3
    likely = np.where(np.eye(3)[labels] > 0, 0.9, 0.05)
    coin = np.random.default_rng(0).integers(0, 3, N)
    answers = np.stack([labels, coin, np.zeros(N, np.int64), np.full(N, -1)])
    fidelity = (0.8, 0.35, 1.0, 0.8)
    students = {name: result("accuracy", 0.4, 0.05, N, each) for name, each in zip(SUBJECTS, fidelity, strict=True)}
    return gather("d", students, likely, answers, seen=seen)


BEYOND = [8.0, 0.3, 0.0, 8.0]


def test_of_a_dataset_that_the_surrogate_does_not_see_nothing_is_forecast():
    assert gated(known(seen=False), BEYOND, np.ones(4, np.bool_)) == [UNSEEN] * 4


def test_a_blind_student_says_nothing_where_it_is_alone():
    # the student of a subject that always says the same agrees with it by chance, and is as near as can be
    assert gated(known(seen=True), BEYOND, np.zeros(4, np.bool_)) == ["", UNLIKE, "", UNNAMED]


def test_scores_elsewhere_speak_for_a_blind_student():
    assert gated(known(seen=True), BEYOND, np.ones(4, np.bool_)) == ["", "", "", UNNAMED]


@pytest.mark.parametrize(("fidelity", "beyond", "expected"), [(0.6, 1.6, True), (0.6, 1.7, False), (0.95, 0.0, False)])
def test_what_a_blind_student_is(fidelity: float, beyond: float, expected: bool):
    assert blind(fidelity, beyond) is expected
