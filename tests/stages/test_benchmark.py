"""The table benchmarks of a project that was run, and what the questions are told of its answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.plan.plan import Plan
from taskatlas.stages.questions.target import Target, target_of
from tests.support.projects import GOOD, moods, write_card, write_dataset, write_recorded
from tests.support.stage_runs import benchmarked


def test_the_table_of_a_project_that_was_run(finished: Plan):
    rows = finished.project.parts.read("benchmarks", finished.benchmark_work.key).to_pylist()
    questions = {
        "siblings",
        "siblings_hidden",
        "choice",
        "choice_distinct",
        "choice_models",
        "sources",
        "forecast",
        "stability",
    }
    assert {row["benchmark"] for row in rows} <= questions
    none = {"choice_distinct", "choice_models", "sources"}  # there are two models, one of them a probe
    assert {row["benchmark"] for row in rows if row["method"] == "random"} >= questions - none
    stable = {(row["method"], row["metric"]): row["value"] for row in rows if row["benchmark"] == "stability"}
    assert 0.0 < stable["crosscov, half of the corpus", "cosine"] <= 1.0
    assert stable["student alone, half of the corpus", "error"] < 0.5
    assert not [method for method, _ in stable if "quarter" in method], "a quarter of 60 texts is too few"
    choice = {row["method"] for row in rows if row["benchmark"] == "choice"}
    assert choice >= {
        "forecast",
        "student alone",
        "mean elsewhere",
        "nearest dataset's best, text",
        "MDL",
        "oracle",
        "random",
    }
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def target(plan: Plan, dataset: str) -> Target:
    sets = [each for each in plan.benchmark_work.answer_sets if each.text_set[1] == dataset]
    scores = [row for each in sets for row in plan.project.parts.read("scores", each.scores or "").to_pylist()]
    measured = {row["subject"]: row["value"] for row in scores if row["metric"] == "accuracy"}
    return target_of(plan.project, dataset, measured, sets)


def test_the_answers_are_those_that_were_scored(finished: Plan):
    found = target(finished, "mood")
    assert found.subjects == ("enc/plain", "enc/warm", "probe")
    assert found.probabilities is not None
    assert found.labels is not None
    assert found.probabilities.shape == (3, len(found.labels), 3)
    np.testing.assert_allclose(found.probabilities.sum(axis=2), 1.0, atol=1e-5)
    np.testing.assert_allclose((found.probabilities.argmax(axis=2) == found.labels).mean(axis=1), found.truth)


def mood(text: str) -> str:
    """What a text of the corpus would be labelled."""
    return "positive" if set(text.split()) & set(GOOD) else "negative"


def recorded(plan: Plan, name: str, answer: Callable[[str, str], str], **fields: Any) -> None:
    """A recorded model that answers all texts of the project."""
    folder = plan.project.folder
    texts = {row["text"]: row["label"] for each in plan.text_sets
             for row in plan.project.parts.read("examples", each.examples).to_pylist()}  # fmt: skip
    rows = [{"text": text, "output": answer(label or mood(text), text)} for text, label in texts.items()]
    write_recorded(folder, name, rows, families=["sentiment"], **fields)


@pytest.fixture
def with_easy(copied: Callable[..., Path]) -> Plan:
    """The project with a constant subject, one that is right, its double, and one that mostly means no label."""
    folder = copied()
    before = benchmarked(folder)
    recorded(before, "always", lambda *_: "positive")
    recorded(before, "right", lambda label, _: label)
    recorded(before, "right-too", lambda label, _: label)
    other = {"labels": ["negative", "positive", "unclear"]}
    recorded(before, "unclear", lambda label, text: label if len(text) % 3 else "unclear", **other)
    recorded(before, "mute", lambda *_: "unclear", **other)
    return benchmarked(folder)


def test_subjects_that_make_a_choice_easy_are_told_by_their_answers(with_easy: Plan):
    found = target(with_easy, "mood")
    assert {"always", "right-too", "mute"} <= found.easy
    assert not found.easy & {"right", "unclear"}
    distinct = found.distinct()
    assert set(distinct.subjects) == set(found.subjects) - found.easy
    assert (
        dict(zip(distinct.subjects, distinct.truth, strict=True)).items()
        <= dict(zip(found.subjects, found.truth, strict=True)).items()
    )
    assert distinct.probabilities is not None
    assert len(distinct.probabilities) == len(distinct.subjects)


def test_an_answer_that_means_no_label_is_none_of_them(with_easy: Plan):
    found = target(with_easy, "mood")
    assert found.probabilities is not None
    assert found.labels is not None
    chosen = found.probabilities[found.subjects.index("unclear")].argmax(axis=1)
    assert 0 < np.sum(chosen == 2) < len(chosen) / 2
    assert (chosen == found.labels).tolist() == (chosen != 2).tolist(), "it is right where it says something"
    assert found.truth[found.subjects.index("unclear")] == pytest.approx(np.mean(chosen != 2))


def test_a_better_headline_does_not_come_from_easy_subjects(with_easy: Plan):
    rows = with_easy.project.parts.read("benchmarks", with_easy.benchmark_work.key).to_pylist()
    questions = {row["benchmark"] for row in rows if row["method"] == "forecast"}
    assert questions >= {"choice", "choice_distinct"}
    losses = {row["benchmark"]: row["value"] for row in rows if (row["method"], row["metric"]) == ("random", "loss")}
    assert losses["choice"] != losses["choice_distinct"]


def test_sources_are_asked_where_models_were_fitted_on_several(copied: Callable[..., Path]):
    folder = copied()
    write_dataset(folder, "tone", moods(60, 9))
    for name in ("feel", "tone"):
        write_card(folder, "models", f"probe-{name}", kind="probe", encoder="enc", dataset=name)
    plan = benchmarked(folder)
    rows = plan.project.parts.read("benchmarks", plan.benchmark_work.key).to_pylist()
    sources = {row["method"]: row for row in rows if (row["benchmark"], row["metric"]) == ("sources", "loss")}
    assert {"likeness", "cosine text", "cosine crosscov", "mean elsewhere", "random", "oracle"} <= sources.keys()
    assert {row["n"] for row in sources.values()} == {3}, "each of three datasets has the two others as sources"
    assert sources["oracle"]["value"] == 0.0 <= sources["likeness"]["value"]
