"""Forecasts that would be worse than none are left out, with the reason in the tables quality and recommendations."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from taskatlas.forecast.gate import UNLIKE, UNNAMED, UNSEEN
from taskatlas.plan.plan import Plan
from taskatlas.stages.forecast_flags import forecast_flag_rows, reasons
from tests.support.projects import moods, write_dataset, write_project, write_recorded
from tests.support.stage_runs import benchmarked

LABELS = ["negative", "positive", "unsure", "undecided"]


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Datasets of plain texts, of ids, and of labels that were shuffled; and subjects that answer by chance or in no
    label of theirs, beside an encoder."""
    folder = write_project(tmp_path_factory.mktemp("gated") / "project", corpus=120)
    write_dataset(folder, "clear", moods(160, 11))
    shuffled = moods(160, 12)
    labels = random.Random(3).sample([row["label"] for row in shuffled], len(shuffled))
    write_dataset(folder, "shuffled", [{**row, "label": label} for row, label in zip(shuffled, labels, strict=True)])
    labels = random.Random(4).sample(labels, len(labels))
    write_dataset(folder, "ids", [{"text": f"img {at:05d}.png", "label": label} for at, label in enumerate(labels)])
    texts = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    chance = random.Random(5)
    record(folder, "coin", [(text, chance.choice(LABELS[:2])) for text in texts])
    record(folder, "mute", [(text, chance.choice(LABELS[2:])) for text in texts])
    return benchmarked(folder, "text", "crosscov", "student")


def record(folder: Path, name: str, answers: list[tuple[str, str]]) -> None:
    write_recorded(folder, name, [{"text": text, "output": output} for text, output in answers], labels=LABELS)


def found(plan: Plan, kind: str) -> list[dict[str, Any]]:
    return [row for key in plan.table_parts[kind] for row in plan.project.parts.read(kind, key).to_pylist()]


def test_a_normal_project_keeps_every_forecast(finished: Plan):
    assert reasons(finished.project, finished.table_parts["forecasts"]) == {}
    assert forecast_flag_rows(finished).num_rows == 0


def test_what_is_forecast_is_what_has_no_reason(gated: Plan):
    why = reasons(gated.project, gated.table_parts["forecasts"])
    forecast = {(row["subject"], row["dataset"]) for row in found(gated, "forecasts")}
    assert not forecast & why.keys()
    assert {("enc/plain", "clear"), ("enc/warm", "clear"), ("probe", "clear"), ("enc/plain", "mood")} <= forecast
    for dataset in ("ids", "shuffled"):
        subjects = {subject for subject, of in why if of == dataset}
        assert subjects >= {"enc/plain", "enc/warm", "probe", "coin"}
        assert {why[subject, dataset] for subject in subjects} == {UNSEEN}
    assert why["coin", "clear"] == UNLIKE
    assert why["mute", "clear"] == UNNAMED


def test_the_table_quality_says_why(gated: Plan):
    rows = {(row["origin"], row["expectation"]): row for row in forecast_flag_rows(gated).to_pylist()}
    assert {name for name, _ in rows} == {"ids", "shuffled", "coin", "mute"}
    of_ids = rows["ids", "expect_labels_to_be_seen"]
    assert (of_ids["table_name"], of_ids["origin_kind"], of_ids["success"]) == ("forecasts", "dataset", False)
    assert of_ids["n"] == of_ids["n_unexpected"] >= 4
    assert json.loads(of_ids["detail"])["observed"] == UNSEEN
    of_mute = rows["mute", "expect_answers_to_be_labels"]
    assert of_mute["origin_kind"] == "subject"
    assert "clear" in json.loads(of_mute["detail"])["observed"]
    assert ("coin", "expect_students_to_beat_chance") in rows


def test_a_recommendation_of_one_without_a_forecast_says_why(gated: Plan):
    rows = {
        (row["candidate"], row["dataset"]): row
        for row in found(gated, "recommendations")
        if row["question"] == "prompt"
    }
    coin = rows["coin", "clear"]
    assert (coin["verdict"], coin["expected"], coin["note"]) == ("unknown", None, f"no forecast: {UNLIKE}")
    assert "no forecast" not in rows["enc/plain", "ids"]["note"], "it was measured"
