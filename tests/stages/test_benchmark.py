"""The benchmarks table by hand: a few vectors, forecasts and scores whose answers are seen at a glance."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from taskatlas.plan.plan import Plan
from taskatlas.stages import benchmark
from taskatlas.stages.benchmark import Row

Vectors = dict[str, list[float]]
FAMILIES = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c": "c"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A project with these vectors by method, forecasts and measured scores; the table's rows by their key."""

    def measure(
        datasets: dict[str, Vectors] | None = None,
        subjects: dict[str, Vectors] | None = None,
        forecasts: list[Row] | None = None,
        measured: dict[tuple[str, str, str], float] | None = None,
    ) -> dict[tuple[str, str, str], Row]:
        cards = {name: SimpleNamespace(family=family) for name, family in FAMILIES.items()}
        project: Any = SimpleNamespace(registry=SimpleNamespace(datasets=cards))
        work: Any = None  # every key leads to what is given here

        def vectors(_: Any, __: Any, kind: str) -> list[tuple[str, list[str], np.ndarray]]:
            found = (datasets if kind == "dataset" else subjects) or {}
            return [(method, list(each), np.array([*each.values()], np.float32)) for method, each in found.items()]

        monkeypatch.setattr(benchmark, "_vectors", vectors)
        monkeypatch.setattr(benchmark, "measured_scores", lambda *_: measured or {})
        expected = forecasts or []
        rows = [
            *benchmark._siblings(project, work),
            *benchmark._choice(project, work, expected),
            *benchmark._forecast(project, work, expected),
        ]
        found = {(row["benchmark"], row["method"], row["metric"]): row for row in rows}
        assert len(found) == len(rows), "a key is there twice"
        return found

    return measure


def forecast(subject: str, dataset: str, value: float, *, half: float = 0.1, metric: str = "accuracy") -> Row:
    interval = {"low": value - half, "high": value + half}
    return {"subject": subject, "dataset": dataset, "metric": metric, "value": value, **interval}


def test_siblings(given):
    near = {"a1": [1.0, 0.1], "a2": [1.0, 0.2], "b1": [0.1, 1.0], "b2": [1.0, 0.0], "c": [0.0, 1.0]}
    rows = given(datasets={"crosscov": near, "text": {**near, "b2": [0.1, 0.9]}})
    # b1's nearest is c, and b2's is a1
    assert rows["siblings", "crosscov", "hit_rate"]["value"] == 0.5
    assert rows["siblings", "text", "hit_rate"]["value"] == 1.0
    assert rows["siblings", "crosscov", "hit_rate"]["n"] == 4, "c has no sibling to find"
    # one right answer among four others
    assert rows["siblings", "random", "hit_rate"]["value"] == 0.25
    uses = {method: rows["siblings", method, "hit_rate"]["labels_used"] for method in ("crosscov", "text", "random")}
    assert uses == {"crosscov": "train split", "text": "none", "random": "none"}


def test_without_siblings_there_is_no_row(given):
    assert given(datasets={"text": {"a1": [1.0, 0.0], "b1": [0.0, 1.0], "c": [1.0, 1.0]}}) == {}


def scores(dataset: str, *values: float, metric: str = "accuracy") -> dict[tuple[str, str, str], float]:
    return {(f"s{place}", dataset, metric): value for place, value in enumerate(values)}


def test_choice_by_forecast(given):
    measured = scores("a1", 0.9, 0.6, 0.3) | scores("b1", 0.5, 0.7, 0.8)
    measured |= scores("a1", 0.0, 0.0, 1.0, metric="macro_f1")  # is not what subjects are chosen by
    guesses = [forecast(f"s{place}", "a1", value) for place, value in enumerate((0.8, 0.7, 0.1))]
    guesses += [forecast(f"s{place}", "b1", value) for place, value in enumerate((0.9, 0.8, 0.7))]
    rows = given(forecasts=guesses, measured=measured)
    # a1 in the right order, b1 in the wrong one, which costs 0.8 - 0.5
    assert rows["choice", "student forecast", "spearman"]["value"] == pytest.approx(0.0)
    assert rows["choice", "student forecast", "loss"]["value"] == pytest.approx(0.15)
    assert rows["choice", "student forecast", "loss"]["n"] == 2
    # a random pick gets the mean: 0.9 - 0.6 and 0.8 - 2/3
    assert rows["choice", "random", "loss"]["value"] == pytest.approx((0.3 + 0.8 - 2 / 3) / 2)
    assert rows["choice", "random", "spearman"]["value"] == 0.0


def test_choice_by_cosine(given):
    subjects = {"s0": [1.0, 0.0], "s1": [1.0, 1.0], "s2": [0.0, 1.0]}
    rows = given(
        datasets={"student": {"a1": [1.0, 0.0]}, "text": {"a1": [1.0, 0.0]}},
        subjects={"student": subjects, "crosscov": subjects},  # no dataset has a vector in crosscov
        measured=scores("a1", 0.9, 0.6, 0.3),
    )
    assert rows["choice", "cosine student", "spearman"]["value"] == 1.0
    assert rows["choice", "cosine student", "loss"]["value"] == 0.0
    assert ("choice", "cosine crosscov", "loss") not in rows


def test_numbers_are_chosen_by_spearman_and_two_subjects_are_no_choice(given):
    measured = scores("c", 0.1, 0.5, 0.9, metric="spearman") | scores("a1", 0.9, 0.1)
    guesses = [forecast(f"s{place}", "c", place / 10, metric="spearman") for place in range(3)]
    rows = given(forecasts=guesses + [forecast(f"s{place}", "a1", 0.5) for place in range(2)], measured=measured)
    assert rows["choice", "student forecast", "spearman"]["value"] == 1.0
    assert rows["choice", "student forecast", "spearman"]["n"] == 1


def test_forecast_error_and_coverage(given):
    measured = scores("a1", 0.5, 0.7, 0.9) | scores("b1", 0.1, metric="spearman")
    guesses = [forecast("s0", "a1", 0.5), forecast("s1", "a1", 0.75), forecast("s2", "a1", 0.6)]
    guesses += [forecast("s9", "a1", 0.5), forecast("s0", "b1", 0.9, metric="spearman")]  # not measured; not accuracy
    rows = given(forecasts=guesses, measured=measured)
    assert rows["forecast", "student forecast", "error"]["value"] == pytest.approx((0 + 0.05 + 0.3) / 3)
    assert rows["forecast", "student forecast", "coverage"]["value"] == pytest.approx(2 / 3)
    assert rows["forecast", "student forecast", "error"]["n"] == 3
    # another of the three scores is off by 0.3, 0.2 and 0.3 on average
    assert rows["forecast", "random", "error"]["value"] == pytest.approx(0.8 / 3)


def test_every_row_says_how_sure_it_is_what_it_saw_and_what_it_means(given):
    near = {"a1": [1.0, 0.0], "a2": [1.0, 0.1], "b1": [0.0, 1.0]}
    guesses = [forecast(f"s{place}", "a1", place / 10) for place in range(3)]
    rows = given({"text": near, "student": near}, {"student": {"s0": [1.0, 0.0]}}, guesses, scores("a1", 0.1, 0.2, 0.9))
    assert len(rows) == 10
    for row in rows.values():
        assert row["low"] <= row["value"] <= row["high"]
        assert row["labels_used"] in {"none", "train split"}
        assert row["calls_used"] == "none"
        assert row["definition"].endswith(".")


def test_the_table_of_a_project_that_was_run(finished: Plan):
    rows = finished.project.parts.read("benchmarks", finished.benchmark_work.key).to_pylist()
    assert {row["benchmark"] for row in rows} == {"siblings", "choice", "forecast"}
    assert {row["benchmark"] for row in rows if row["method"] == "random"} == {"siblings", "choice", "forecast"}
