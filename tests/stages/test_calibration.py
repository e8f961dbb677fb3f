"""Intervals of forecasts are as wide as they had to be on other datasets; a dataset's own scores have no say."""

from __future__ import annotations

from typing import Any, cast

import pytest

from taskatlas.embed.interval import NORMAL_90, ForecastResult
from taskatlas.stages import forecasts
from taskatlas.stages.forecasts import Case

NOWHERE = cast("Any", None)
"""Expected and measured scores are given by hand, so no project is asked."""
SIGMA = 0.01


def expected(value: float, metric: str = "accuracy", sigma: float = SIGMA) -> ForecastResult:
    wide = NORMAL_90 * sigma
    return ForecastResult(metric, value, value - wide, value + wide, 30, 0.9, sigma)


@pytest.fixture
def calibrate(monkeypatch: pytest.MonkeyPatch):
    def run(found: dict[Case, ForecastResult], measured: dict[Case, float]) -> dict[Case, tuple[float, float]]:
        monkeypatch.setattr(forecasts, "raw_forecasts", lambda *_: found)
        monkeypatch.setattr(forecasts, "measured_scores", lambda *_: measured)
        monkeypatch.setattr(forecasts, "indications", lambda *_: {})
        monkeypatch.setattr(forecasts, "beyond_chance", lambda *_: {case[:2]: 9.0 for case in found})
        monkeypatch.setattr(forecasts, "numbers_are_seen", lambda *_: True)
        rows = forecasts.forecasts(NOWHERE, NOWHERE).rows.to_pylist()
        assert [row["value"] for row in rows] == [each.value for each in found.values()]
        return {(row["subject"], row["dataset"], row["metric"]): (row["low"], row["high"]) for row in rows}

    return run


Pairs = tuple[dict[Case, ForecastResult], dict[Case, float]]


def pairs(dataset: str, error: float, n: int = 20, metric: str = "accuracy") -> Pairs:
    """n subjects whose forecast is 0.5 and whose score is off by `error`, up and down in turn."""
    places = [(f"s{place}", dataset, metric) for place in range(n)]
    return (
        {place: expected(0.5, metric) for place in places},
        {place: 0.5 + error * (-1) ** at for at, place in enumerate(places)},
    )


def half(interval: tuple[float, float]) -> float:
    return (interval[1] - interval[0]) / 2


def test_the_other_datasets_decide(calibrate):
    (a, measured_a), (b, measured_b) = pairs("a", 3 * SIGMA), pairs("b", 0.5 * SIGMA)
    found = calibrate(a | b, measured_a | measured_b)
    # all of b's forecasts were off by half a sigma, all of a's by three
    assert half(found["s0", "a", "accuracy"]) == pytest.approx(0.5 * SIGMA)
    assert half(found["s0", "b", "accuracy"]) == pytest.approx(3 * SIGMA)


def test_a_datasets_own_scores_change_nothing_of_its_intervals(calibrate):
    (a, good), (_, bad), (b, measured) = pairs("a", 0.0), pairs("a", 0.4), pairs("b", SIGMA)
    first, second = calibrate(a | b, good | measured), calibrate(a | b, bad | measured)
    assert first["s3", "a", "accuracy"] == second["s3", "a", "accuracy"]
    assert first["s3", "b", "accuracy"] != second["s3", "b", "accuracy"]


def test_a_dataset_without_scores_is_calibrated_by_all_others(calibrate):
    (a, measured_a), (b, measured_b) = pairs("a", 3 * SIGMA, 10), pairs("b", 3 * SIGMA, 10)
    new = ("s0", "new", "accuracy")
    assert half(calibrate(a | b | {new: expected(0.5)}, measured_a | measured_b)[new]) == pytest.approx(3 * SIGMA)


def test_nine_of_ten_are_held(calibrate):
    sizes = [SIGMA * step / 10 for step in range(1, 41)]
    (a, _), (b, _) = pairs("a", 0.0, 40), pairs("b", 0.0, 1)
    found = calibrate(a | b, {place: 0.5 + size for place, size in zip(a, sizes, strict=True)})
    wide = half(found["s0", "b", "accuracy"])
    # the 37th of 40, as one more is to come: ceil(0.9 * 41)
    assert wide == pytest.approx(sizes[36])


def test_few_pairs_and_other_metrics_leave_intervals_as_they_are(calibrate):
    (a, measured_a), (b, _) = pairs("a", 0.2, 19), pairs("b", 0.0, 1)
    assert half(calibrate(a | b, measured_a)["s0", "b", "accuracy"]) == pytest.approx(NORMAL_90 * SIGMA)
    f1, measured = pairs("a", 0.2, 30, "macro_f1")
    assert half(calibrate(f1 | b, measured)["s0", "b", "accuracy"]) == pytest.approx(NORMAL_90 * SIGMA)


def test_intervals_stay_within_what_a_metric_can_be(calibrate):
    (a, off), (f, measured_f) = pairs("a", 0.4, 30), pairs("f", 0.9, 30, "spearman")
    edge = {("s", "b", "accuracy"): expected(0.99), ("s", "b", "spearman"): expected(-0.5, "spearman")}
    found = calibrate(a | f | edge, off | measured_f)
    assert found["s", "b", "accuracy"][1] == 1.0
    assert found["s", "b", "spearman"][0] == -1.0


def test_no_forecasts_make_an_empty_table(calibrate):
    assert calibrate({}, {}) == {}
