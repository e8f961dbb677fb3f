"""Answers to texts that stay in a text set are kept when it changes; only the others are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.plan.plan import Plan
from taskatlas.predict.kinds import encoder
from tests.support.stage_runs import answer_missing, ingested


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The texts of each call of the encoder, as they come."""
    calls: list[tuple[str, ...]] = []
    real = encoder.ZeroShot.answer

    def answer(self, prompts, texts):
        calls.append(tuple(each.text for each in texts))
        return real(self, prompts, texts)

    monkeypatch.setattr(encoder.ZeroShot, "answer", answer)
    return calls


def with_lines(folder: Path, name: str, place: int) -> str:
    """Write the first of the words of a row on a line of its own, and return the text."""
    path = folder / "data" / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[place]["text"] = rows[place]["text"].replace(" ", "\n    ", 1)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(rows[place]["text"])


def answers_of(plan: Plan, subject: str, name: str) -> dict[str, object]:
    [answers] = [each for each in plan.all_answer_sets if (each.subject, each.text_set[1]) == (subject, name)]
    rows = plan.project.parts.read("predictions", answers.key).to_pylist()
    return {row["text_id"]: row["probabilities"] for row in rows}


def test_a_text_that_gets_its_lines_back_is_the_only_one_asked_about(
    finished: Plan, copied: Callable[..., Path], asked: list[tuple[str, ...]]
):
    folder = copied()
    text = with_lines(folder, "web", 7)
    plan = ingested(folder)
    answer_missing(plan)
    assert asked == [(text,)], "both prompts of the encoder in one call"
    for subject in ("enc/plain", "enc/warm"):
        before, after = answers_of(finished, subject, "web"), answers_of(plan, subject, "web")
        assert len(after) == len(before)
        assert len(after.keys() - before.keys()) == 1
        assert all(after[text_id] == before[text_id] for text_id in after.keys() & before.keys())


def test_where_texts_only_went_nothing_is_asked(copied: Callable[..., Path], asked: list[tuple[str, ...]]):
    folder = copied()
    path = folder / "data/web.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-5]))
    plan = ingested(folder)
    answer_missing(plan)
    assert asked == []
    assert len(answers_of(plan, "enc/plain", "web")) == plan.corpus.counts["n_texts"]
    assert plan.is_answered()


def test_a_project_from_before_earlier_text_sets_were_noted_keeps_its_answers(
    copied: Callable[..., Path], asked: list[tuple[str, ...]]
):
    folder = copied()
    (folder / "warehouse/state/text_sets.json").unlink()
    text = with_lines(folder, "web", 3)
    answer_missing(ingested(folder))
    assert asked == [(text,)]


@pytest.mark.parametrize("content", ["[]", "{}", '{"content_ids": 3}', "torn"])
def test_what_cannot_be_read_costs_no_more_than_answers(
    copied: Callable[..., Path], asked: list[tuple[str, ...]], content: str
):
    folder = copied()
    (folder / "warehouse/state/text_sets.json").write_text(content)
    with_lines(folder, "web", 3)
    plan = ingested(folder)
    answer_missing(plan)
    assert plan.is_answered()
    assert len(asked) == 1


def test_what_was_forgotten_is_asked_again(copied: Callable[..., Path], asked: list[tuple[str, ...]]):
    from taskatlas.stages.invalidate import forget

    folder = copied()
    with_lines(folder, "web", 7)
    answer_missing(ingested(folder))
    forget(folder, ["enc"])
    plan = ingested(folder)
    answer_missing(plan)
    assert max(len(texts) for texts in asked) == plan.corpus.counts["n_texts"]
