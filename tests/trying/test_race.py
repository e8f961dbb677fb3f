"""Races: who is called, how often, and when it ends."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from taskatlas.recommend.posterior import Estimate
from taskatlas.trying.counted import counted
from taskatlas.trying.race import Contender, race

TEXTS = 200


class Subjects:
    """Subjects of known accuracy, forecast as well as that can be told, and what they were asked."""

    def __init__(self, accuracies: Mapping[str, float], seed: int = 0, spread: float = 0.1) -> None:
        random = np.random.default_rng(seed)
        self.hits = {name: (random.random(TEXTS) < truth).astype(np.float64) for name, truth in accuracies.items()}
        forecast = {name: float(np.clip(truth + spread * random.normal(), 0, 1)) for name, truth in accuracies.items()}
        half = 1.645 * spread
        self.contenders = [
            Contender(name, "accuracy", Estimate(value, value - half, value + half, 100))
            for name, value in forecast.items()
        ]
        self.asked: list[dict[str, int]] = []
        self.silent: set[str] = set()

    def ask(self, owed: Mapping[str, int]) -> dict[str, Estimate | None]:
        self.asked.append(dict(owed))
        chances = np.full(TEXTS, 0.5)
        return {
            name: None if name in self.silent else counted(self.hits[name][:count], chances[:count], 0.5, TEXTS)
            for name, count in owed.items()
        }


EIGHT = {name: 0.5 + 0.05 * place for place, name in enumerate("abcdefgh")}


def test_the_best_is_found_with_fewer_calls_than_trying_all_of_them():
    found, uniform = [], []
    for seed in range(40):
        subjects = Subjects(EIGHT, seed)
        found.append(EIGHT[race(subjects.contenders, 256, TEXTS, subjects.ask).contenders[0].name])
        plain = {name: hits[:32].mean() for name, hits in subjects.hits.items()}
        uniform.append(EIGHT[max(plain, key=plain.__getitem__)])
    assert np.mean(found) > np.mean(uniform)


@pytest.mark.parametrize("calls", [1, 3, 7, 40, 100, 1000, 10**6])
@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_no_more_calls_than_were_granted_and_than_there_are_texts(calls: int, n: int):
    subjects = Subjects(dict(list(EIGHT.items())[:n]))
    outcome = race(subjects.contenders, calls, TEXTS, subjects.ask)
    assert 0 < outcome.calls <= min(calls, n * TEXTS)
    assert outcome.calls == sum(each.asked for each in outcome.contenders)
    assert max(each.asked for each in outcome.contenders) <= TEXTS
    assert {each.name for each in outcome.contenders} == {each.name for each in subjects.contenders}


def test_it_ends_where_the_best_is_clear():
    subjects = Subjects({"good": 0.97, "bad": 0.3, "worse": 0.2, "worst": 0.1}, spread=0.2)
    outcome = race(subjects.contenders, 800, TEXTS, subjects.ask)
    assert outcome.is_clear
    assert outcome.contenders[0].name == "good"
    assert outcome.calls < 800


def test_it_is_not_clear_where_they_are_alike():
    clear = 0
    for seed in range(20):
        alike = Subjects(dict.fromkeys("abcd", 0.7), seed)
        clear += race([replace(each, forecast=None) for each in alike.contenders], 400, TEXTS, alike.ask).is_clear
    assert clear <= 2


def test_answers_that_are_there_cost_nothing_and_others_catch_up():
    subjects = Subjects(EIGHT, spread=0.01)
    there = [replace(each, asked=30, tried=subjects.ask({each.name: 30})[each.name]) for each in subjects.contenders]
    uneven = [each if each.name in "eg" else replace(each, asked=0, tried=None) for each in there]
    outcome = race(uneven, 60, TEXTS, subjects.ask)
    assert 0 < outcome.calls <= 60
    assert outcome.calls == sum(each.asked for each in outcome.contenders) - 60
    first = next(owed for owed in subjects.asked if len(owed) > 1)
    assert first == {"f": 14, "h": 14}, "those with fewer answers catch up"


def test_one_that_was_asked_about_all_texts_is_compared_and_asked_no_more():
    subjects = Subjects({"measured": 0.99, "new": 0.3, "other": 0.2}, spread=0.01)
    measured = Contender("measured", "accuracy", tried=Estimate(0.99, 0.97, 1.0, TEXTS), asked=TEXTS)
    others = [each for each in subjects.contenders if each.name != "measured"]
    outcome = race([measured, *others], 100, TEXTS, subjects.ask)
    assert (outcome.contenders[0].name, outcome.is_clear, outcome.calls) == ("measured", True, 0)
    assert race([measured], 100, TEXTS, subjects.ask).calls == 0


def test_those_with_a_poor_forecast_are_not_called():
    subjects = Subjects(EIGHT, spread=0.01)
    outcome = race(subjects.contenders, 200, TEXTS, subjects.ask)
    assert {each.name for each in outcome.contenders if each.asked} == set("efgh")


def test_one_that_nothing_is_forecast_of_may_win():
    subjects = Subjects({"known": 0.4, "new": 0.95, "other": 0.3})
    contenders = [each if each.name != "new" else Contender("new", "accuracy") for each in subjects.contenders]
    assert race(contenders, 150, TEXTS, subjects.ask).contenders[0].name == "new"


def test_one_that_fails_is_asked_no_more_and_the_others_go_on():
    subjects = Subjects(EIGHT, spread=0.01)
    subjects.silent = {"h"}
    outcome = race(subjects.contenders, 400, TEXTS, subjects.ask)
    assert sum("h" in owed for owed in subjects.asked) == 1
    assert len(subjects.asked) > 1
    assert {each.name: each.tried for each in outcome.contenders}["h"] is None
    subjects.silent = set(EIGHT)
    assert race(subjects.contenders, 400, TEXTS, subjects.ask).contenders[0].tried is None


def test_many_subjects_and_few_calls_leave_enough_calls_for_each():
    subjects = Subjects({f"s{place}": 0.5 + place / 2000 for place in range(900)})
    outcome = race(subjects.contenders, 300, TEXTS, subjects.ask)
    first = list(subjects.asked[0].values())
    assert min(first) >= 8
    assert outcome.calls <= 300


def test_alike_ones_stay_in_their_order():
    alike = [Contender(name, "accuracy", Estimate(0.5, 0.4, 0.6, 10)) for name in "abc"]
    outcome = race(alike, 30, TEXTS, lambda owed: dict.fromkeys(owed, Estimate(0.5, 0.3, 0.7, 10)))
    assert [each.name for each in outcome.contenders] == ["a", "b", "c"]


def test_the_best_forecast_is_asked_however_few_the_calls_are():
    truth = {"known": 0.9, "less": 0.5} | {f"unknown{place}": 0.3 for place in range(12)}
    subjects = Subjects(truth)
    contenders = [
        each if each.name in ("known", "less") else replace(each, forecast=None) for each in subjects.contenders
    ]
    outcome = race([*contenders[2:], *contenders[:2]], 60, TEXTS, subjects.ask)
    asked = {name for owed in subjects.asked for name in owed}
    assert "known" in asked
    assert any(name.startswith("unknown") for name in asked)
    assert outcome.contenders[0].name == "known"
