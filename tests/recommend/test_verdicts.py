"""Verdicts, by hand: measured first, the baseline always, and nobody before one that was measured to be better."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from taskatlas.recommend.baseline import Baseline, of_classes
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.known import ReportedScore, known_from
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rank import ranked
from taskatlas.recommend.verdicts import better_than

N = 100
HALF = Baseline(0.5, "no")
OF_HALF = (np.arange(N) % 2).astype(float)
"""Always answering no is right on every other text."""
FIELD = np.random.default_rng(0).permutation(N)
"""An order of the texts from easy to hard, for all subjects alike."""


def right(count: int) -> Floats:
    """Right on the `count` easiest texts."""
    return np.asarray(count > FIELD, float)


def measured(name: str, merits: Floats, forecast: Estimate | None = None) -> tuple[Candidate, Floats]:
    value = float(np.nanmean(merits))
    half = 1.645 * float(np.sqrt(value * (1 - value) / np.isfinite(merits).sum()))
    return Candidate(name, "accuracy", Estimate(value, value - half, value + half, N), forecast), merits


def forecast(name: str, value: float, half: float) -> tuple[Candidate, Floats]:
    return Candidate(name, "accuracy", None, Estimate(value, value - half, value + half, N)), np.full(N, np.nan)


def untold(name: str) -> tuple[Candidate, Floats]:
    return Candidate(name, "accuracy"), np.full(N, np.nan)


def verdicts(*given: tuple[Candidate, Floats], baseline: Baseline = HALF) -> list[tuple[str, str]]:
    """(name, verdict) by rank."""
    candidates: Sequence[Candidate] = [candidate for candidate, _ in given]
    merits = np.stack([merits for _, merits in given]) if given else np.empty((0, N))
    places = ranked(candidates, merits, OF_HALF, baseline)
    assert [each.rank for each in places] == list(range(1, len(given) + 1))
    return [(each.candidate.name, each.verdict) for each in places]


def test_the_best_those_level_with_it_and_the_worse():
    found = verdicts(measured("low", right(70)), measured("high", right(90)), measured("near", right(89)))
    assert found == [("high", "best"), ("near", "tied with the best"), ("low", "worse")]


def test_a_forecast_does_not_lift_one_that_was_measured_to_be_worse():
    lofty = Estimate(0.99, 0.98, 1.0, 2_000)
    found = verdicts(measured("lofty", right(70), lofty), measured("sober", right(80)))
    assert found == [("sober", "best"), ("lofty", "worse")]


def test_a_forecast_decides_between_those_that_are_tied():
    likely = Estimate(0.9, 0.85, 0.95, 500)
    found = verdicts(measured("a", right(81)), measured("b", right(80), likely))
    assert found == [("b", "best"), ("a", "tied with the best")]


def test_nothing_is_better_than_the_commoner_class():
    found = verdicts(measured("a", right(52)), measured("b", right(40)))
    assert found == [("a", "no better than always answering no"), ("b", "no better than always answering no")]


def test_a_constant_subject_is_never_better_than_the_baseline():
    assert verdicts(measured("always-no", OF_HALF)) == [("always-no", "no better than always answering no")]
    assert verdicts(measured("always-yes", 1 - OF_HALF)) == [("always-yes", "no better than always answering no")]


def test_one_that_was_only_forecast_has_to_clear_the_baseline():
    found = verdicts(forecast("sure", 0.7, 0.1), forecast("vague", 0.6, 0.2), forecast("bad", 0.3, 0.1), untold("mute"))
    assert found == [
        ("sure", "best"),
        ("vague", "unknown"),
        ("bad", "no better than always answering no"),
        ("mute", "unknown"),
    ]


def test_measured_comes_before_a_forecast_that_is_not_surely_higher():
    tied = verdicts(measured("tried", right(75)), forecast("promised", 0.8, 0.15))
    assert tied == [("tried", "best"), ("promised", "tied with the best")]
    ahead = verdicts(measured("tried", right(75)), forecast("promised", 0.95, 0.03))
    assert ahead == [("promised", "best"), ("tried", "worse")]
    behind = verdicts(measured("tried", right(90)), forecast("promised", 0.6, 0.05))
    assert behind == [("tried", "best"), ("promised", "worse")]


def test_where_all_that_were_measured_fail_a_forecast_may_be_tried():
    found = verdicts(measured("tried", right(50)), forecast("promised", 0.8, 0.1))
    assert found == [("promised", "best"), ("tried", "no better than always answering no")]


def tried(name: str, merits: Floats, first: int) -> tuple[Candidate, Floats]:
    """Tried on some of the texts."""
    known, merits = measured(name, np.where(np.arange(N) < first, merits, np.nan))
    assert known.measured is not None
    return replace(known, measured=None, tried=replace(known.measured, n=first)), merits


def test_of_those_that_beat_nothing_the_ones_that_may_come_first():
    poor, fair, part = tried("poor", right(20), N), tried("fair", right(58), N), tried("part", right(54), 40)
    assert verdicts(poor, part, fair, forecast("bad", 0.3, 0.1), forecast("vague", 0.6, 0.2), untold("mute")) == [
        ("fair", "no better than always answering no"),
        ("vague", "unknown"),
        ("part", "unknown"),
        ("bad", "no better than always answering no"),
        ("poor", "no better than always answering no"),
        ("mute", "unknown"),
    ]


def from_elsewhere(name: str, value: float, n: int = 500) -> tuple[Candidate, Floats]:
    known = known_from("accuracy", [ReportedScore("board", value, n)])
    return Candidate(name, "accuracy", known=known), np.full(N, np.nan)


def test_one_of_which_only_scores_are_known_has_to_clear_the_baseline_and_to_be_ahead_by_more_than_its_error():
    found = verdicts(measured("own", right(70)), from_elsewhere("theirs", 0.75), from_elsewhere("no clearer", 0.55))
    assert found == [("own", "best"), ("theirs", "tied with the best"), ("no clearer", "unknown")]
    assert verdicts(measured("own", right(70)), from_elsewhere("theirs", 0.99))[0] == ("theirs", "best")
    assert verdicts(measured("own", right(40)), from_elsewhere("theirs", 0.8))[0] == ("theirs", "best")
    assert verdicts(from_elsewhere("theirs", 0.3)) == [("theirs", "no better than always answering no")]


def test_a_known_score_makes_nobody_worse_or_better_who_was_measured():
    low, high = measured("low", right(70)), measured("high", right(90))
    known = known_from("accuracy", [ReportedScore("board", 1.0, 10**6)])
    lofty = (replace(low[0], known=known), low[1])
    assert verdicts(lofty, high) == verdicts(low, high) == [("high", "best"), ("low", "worse")]


def test_only_those_that_answered_are_compared_text_by_text():
    texts = np.vstack([right(90), np.full((20_000, N), np.nan), right(60)])
    tracemalloc.start()
    better = better_than(texts)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.argwhere(better).tolist() == [[0, len(texts) - 1]]
    assert most < 1.2 * better.nbytes


def test_equal_ones_keep_their_order():
    assert verdicts(measured("a", right(80)), measured("b", right(80))) == [
        ("a", "best"),
        ("b", "tied with the best"),
    ]


def test_one_candidate_and_none():
    assert verdicts(measured("only", right(80))) == [("only", "best")]
    assert verdicts() == []


def test_where_the_test_split_holds_one_class_nothing_is_said():
    assert verdicts(forecast("a", 1.0, 0.0), baseline=Baseline(1.0, "no", only="no")) == [("a", "unknown")]


def test_numbers_are_held_against_chance():
    candidate = Candidate("n", "spearman", Estimate(0.02, -0.1, 0.14, N))
    merits = np.random.default_rng(2).normal(0.02, 1.0, (1, N))
    (only,) = ranked([candidate], merits, np.zeros(N), Baseline(0.0))
    assert only.verdict == "no better than chance"


def test_those_that_answered_other_texts_are_compared_all_the_same():
    one, other = right(95), right(75)
    one[: N // 2], other[N // 2 :] = np.nan, np.nan
    found = verdicts(measured("other", other), measured("one", one))
    assert found == [("one", "best"), ("other", "worse")]


def test_whoever_is_better_than_one_that_beats_the_baseline_beats_it_too():
    # few texts of the baseline's own, many of the pair's: the chain decides
    texts = np.full((2, N), np.nan)
    texts[0, :60], texts[1, :50] = right(75)[:60], right(95)[:50]
    found = dict(verdicts(measured("lower", texts[0]), measured("upper", texts[1])))
    assert found["upper"] in {"best", "tied with the best"}


def test_nobody_is_first_of_any_selection_who_was_measured_to_be_worse():
    random = np.random.default_rng(3)
    for _ in range(30):
        skills = random.uniform(0.4, 0.9, 8)
        texts = [np.asarray(random.random(N) < skill, float) for skill in skills]
        told = [Estimate(each, each - 0.1, each + 0.1, 50) for each in random.uniform(0.5, 0.9, 8)]
        given = [measured(f"s{i}", texts[i], told[i]) for i in range(8)]
        order = verdicts(*given)
        place = {name: rank for rank, (name, _) in enumerate(order)}
        said = dict(order)
        better = better_than(np.stack(texts))
        for i, j in zip(*np.nonzero(better), strict=True):
            if said[f"s{i}"] == said[f"s{j}"]:
                assert place[f"s{i}"] < place[f"s{j}"]
        first = int(order[0][0][1:])
        if order[0][1] == "best":
            assert not better[:, first].any()


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (["a", "b", "b"], ["a", "a", "b", "a"], Baseline(0.75, "a")),
        (["a", "b", "b"], ["b", "a"], Baseline(0.5, "b")),
        (["b", "a"], ["a", "b"], Baseline(0.5, "a")),
        (["a", "b"], ["b", "b"], Baseline(1.0, "b", only="b")),
        (["a", "a", "b"], [], Baseline(2 / 3, "a")),
        ([], ["a", "b", "b"], Baseline(2 / 3, "b")),
    ],
)
def test_the_baseline_is_the_most_that_one_answer_to_all_reaches(train: list[str], test: list[str], expected: Baseline):
    assert of_classes(train, test) == expected
