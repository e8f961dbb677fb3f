"""What is known of a score, by hand: measured alone, forecast alone, and both weighted by their errors."""

from __future__ import annotations

import pytest

from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.known import Known
from taskatlas.recommend.posterior import NORMAL_90, Estimate, posterior


def estimate(value: float, sd: float, n: int = 1_000) -> Estimate:
    return Estimate(value, value - NORMAL_90 * sd, value + NORMAL_90 * sd, n)


def test_two_estimates_are_weighted_by_their_errors():
    # weights 1/0.01 = 100 and 1/0.04 = 25: (0.5 · 100 + 0.8 · 25) / 125
    found = posterior("accuracy", estimate(0.5, 0.1), estimate(0.8, 0.2))
    assert found is not None
    assert found.expected == pytest.approx(0.56)
    assert found.sd == pytest.approx(125**-0.5)
    assert (found.low, found.high) == (
        pytest.approx(0.56 - 1.645 * 125**-0.5),
        pytest.approx(0.56 + 1.645 * 125**-0.5),
    )


@pytest.mark.parametrize("given", ["measured", "forecast"])
def test_one_estimate_stands_alone(given: str):
    candidate = Candidate("a", "accuracy", **{given: estimate(0.6, 0.05)})
    assert candidate.expected == pytest.approx(0.6)
    assert candidate.evidence == given


def test_any_number_of_estimates_is_weighted_in_any_order():
    given = [estimate(0.5, 0.1), None, estimate(0.8, 0.2), estimate(0.7, 0.2)]
    found = posterior("accuracy", *given)
    assert found == posterior("accuracy", *given[::-1])
    assert found is not None
    # weights 100, 25 and 25
    assert found.expected == pytest.approx((50 + 20 + 17.5) / 150)
    assert found.sd == pytest.approx(150**-0.5)


def test_what_is_known_from_elsewhere_comes_between_measured_and_forecast():
    known = Known(estimate(0.9, 0.1, 300), ("board",))
    alone, beside = (
        Candidate("a", "accuracy", each, estimate(0.7, 0.1), known) for each in (None, estimate(0.6, 0.03))
    )
    assert (alone.evidence, alone.n) == ("known", 300)
    assert alone.expected == pytest.approx(0.8)
    assert (beside.evidence, beside.n) == ("measured", 1_000)
    assert beside.expected < 0.64, "what was measured here counts for most"


def test_of_nothing_nothing_is_known():
    assert posterior("accuracy", None, None) is None
    assert Candidate("a", "accuracy").expected == float("-inf")
    assert Candidate("a", "accuracy").evidence is None


def test_what_was_measured_names_the_evidence():
    assert Candidate("a", "accuracy", estimate(0.6, 0.05), estimate(0.7, 0.01)).evidence == "measured"


def test_forty_right_answers_of_forty_are_not_known_without_error():
    all_right = Estimate(1.0, 1.0, 1.0, 40)
    assert all_right.sd == pytest.approx(1 / 42)
    found = posterior("accuracy", all_right, None)
    assert found is not None
    assert (found.expected, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1.0 - 1.645 / 42)


def test_an_interval_that_is_cut_counts_by_its_wider_side():
    assert Estimate(0.95, 0.7855, 1.0, 1_000).sd == pytest.approx(0.1)


@pytest.mark.parametrize(("metric", "low"), [("accuracy", 0.0), ("spearman", pytest.approx(0.1 - 1.645 * 0.2))])
def test_the_interval_ends_where_the_metric_does(metric: str, low: float):
    found = posterior(metric, estimate(0.1, 0.2), None)
    assert found is not None
    assert found.low == low
