"""Scores belong to a dataset's name: one that is renamed, or two of one file, have their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from taskatlas.plan.plan import Plan
from taskatlas.predict.kinds import encoder
from tests.support.cards import change_card
from tests.support.stage_runs import benchmarked


def scores_of(plan: Plan) -> set[tuple[str, str, str, float]]:
    keys = [each.scores for each in plan.all_answer_sets if each.scores]
    rows = pa.concat_tables([plan.project.parts.read("scores", key) for key in keys]).to_pylist()
    return {(row["subject"], row["dataset"], row["metric"], row["value"]) for row in rows}


def test_a_renamed_dataset_is_scored_under_its_name_without_a_call(
    finished: Plan, copied: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    folder = copied()
    (folder / "datasets/feel.yaml").rename(folder / "datasets/touch.yaml")
    change_card(folder / "datasets/touch.yaml", name="touch")
    calls: list[int] = []
    real = encoder.ZeroShot.answer
    monkeypatch.setattr(encoder.ZeroShot, "answer", lambda self, *args: calls.append(1) or real(self, *args))
    renamed = {(subject, {"feel": "touch"}.get(name, name), *rest) for subject, name, *rest in scores_of(finished)}
    assert scores_of(benchmarked(folder)) == renamed
    assert calls == []


def test_two_cards_of_one_file_have_their_own_rows(copied: Callable[..., Path]):
    folder = copied()
    shutil.copy(folder / "datasets/feel.yaml", folder / "datasets/again.yaml")
    change_card(folder / "datasets/again.yaml", name="again")
    found = scores_of(benchmarked(folder))
    of = {name: {(subject, *rest) for subject, each, *rest in found if each == name} for name in ("feel", "again")}
    assert of["feel"] == of["again"] != set()
