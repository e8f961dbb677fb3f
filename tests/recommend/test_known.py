"""Known scores as estimates: their own error, what they disagree by, and what another setting changes."""

from __future__ import annotations

import pytest

from taskatlas.recommend.known import OTHER_SETTING, UNSAID, Known, ReportedScore, known_from


def half(known: Known) -> float:
    return known.estimate.sd


def test_more_examples_make_it_surer_but_never_surer_than_another_setting_allows():
    few, many = (known_from("accuracy", [ReportedScore("board", 0.6, n)]) for n in (20, 10**6))
    assert half(few) > half(many) == pytest.approx(OTHER_SETTING, abs=1e-3)
    assert few.estimate.n == 20


def test_where_nobody_says_how_many_they_are_taken_as_few():
    unsaid, said = (known_from("accuracy", [ReportedScore("board", 0.6, n)]) for n in (None, UNSAID))
    assert unsaid == said


def test_two_cards_that_disagree_are_less_sure_than_two_that_do_not():
    alike = known_from("accuracy", [ReportedScore("b", 0.7, 400), ReportedScore("a", 0.7, 400)])
    apart = known_from("accuracy", [ReportedScore("a", 0.5, 400), ReportedScore("b", 0.9, 400)])
    assert alike.cards == apart.cards == ("a", "b")
    assert alike.estimate.value == pytest.approx(0.7)
    assert apart.estimate.value == pytest.approx(0.7)
    assert half(apart) > 0.2 > half(alike)
    assert half(alike) >= half(known_from("accuracy", [ReportedScore("a", 0.7, 400)])) - 1e-12, (
        "it may be one measurement"
    )


@pytest.mark.parametrize(("metric", "value", "low"), [("accuracy", 1.0, 0.5), ("spearman", -0.95, -1.0)])
def test_intervals_end_where_the_metric_does(metric: str, value: float, low: float):
    estimate = known_from(metric, [ReportedScore("a", value, 50)]).estimate
    assert low <= estimate.low <= value <= estimate.high <= 1.0
