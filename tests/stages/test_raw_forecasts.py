"""Raw forecasts: students forecast from labelled texts that they know no answer to, wherever labels can be mapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.stages import predict
from tests.support.cards import change_card
from tests.support.projects import moods, write_dataset, write_rows
from tests.support.stage_runs import benchmarked, embedded


def forecasts(plan: Plan, subject: str) -> dict[tuple[str, str], dict[str, float]]:
    (key,) = [v.raw_forecasts for v in plan.space_plan("student").vectors if v.entity == subject and v.raw_forecasts]
    rows = plan.project.parts.read("raw_forecasts", key).to_pylist()
    return {(row["dataset"], row["metric"]): row for row in rows}


def train_texts(plan: Plan, name: str) -> list[str]:
    return predict.split_of(plan.project, plan.datasets[name].examples, "train")["text"].to_pylist()


def corpus_with(folder: Path, texts: list[str]) -> None:
    """Add texts to the corpus."""
    known = [json.loads(line) for line in (folder / "data/web.jsonl").read_text().splitlines()]
    write_rows(folder, "web", [*known, *({"text": text} for text in texts)])


def test_texts_that_the_corpus_holds_are_left_out(finished: Plan, copied: Callable[..., Path]):
    train = train_texts(finished, "feel")
    folder = copied()
    corpus_with(folder, train[:20])
    plan = embedded(folder)
    assert plan.corpus.counts["n_texts"] == finished.corpus.counts["n_texts"] + 20
    before, after = forecasts(finished, "enc/plain"), forecasts(plan, "enc/plain")
    assert before["feel", "accuracy"]["n"] == len(train)
    assert after["feel", "accuracy"]["n"] == len(train) - 20
    assert after["mood", "accuracy"]["n"] == before["mood", "accuracy"]["n"]


def test_where_the_corpus_holds_all_of_them_they_are_better_than_nothing(finished: Plan, copied: Callable[..., Path]):
    train = train_texts(finished, "feel")
    folder = copied()
    corpus_with(folder, train)
    assert forecasts(embedded(folder), "enc/plain")["feel", "accuracy"]["n"] == len(train)


def test_labels_are_mapped_by_name_or_by_the_card_or_not_at_all(copied: Callable[..., Path]):
    folder = copied()
    shouted = [{**row, "label": row["label"].upper()} for row in moods(60, 7)]
    write_dataset(folder, "shout", shouted, labels=["NEGATIVE", "POSITIVE"])
    renamed = [{**row, "label": {"negative": "no", "positive": "yes"}[row["label"]]} for row in moods(60, 8)]
    write_dataset(folder, "renamed", renamed, labels=["no", "yes"])
    numbers = [{"text": row["text"], "label": place} for place, row in enumerate(moods(60, 9))]
    write_dataset(folder, "number", numbers, labels="number")
    change_card(folder / "prompts/warm.yaml", mapping={"renamed": {"negative": "no", "positive": "yes"}})
    change_card(folder / "prompts/plain.yaml", mapping={"renamed": {"negative": "no"}})
    plan = benchmarked(folder)
    answerable = {
        subject: {dataset for dataset, _ in forecasts(plan, subject)} for subject in ("enc/plain", "enc/warm")
    }
    assert answerable == {
        "enc/plain": {"mood", "feel", "shout"},  # no label of it leads to "yes"
        "enc/warm": {"mood", "feel", "shout", "renamed"},
    }
    measured = {(each.subject, each.text_set[1]) for each in plan.all_answer_sets if each.scores}
    scored = {**answerable, "probe": {"mood", "feel", "shout"}}
    assert measured == {(subject, dataset) for subject, found in scored.items() for dataset in found}


def test_a_forecast_is_a_score_with_its_uncertainty(finished: Plan):
    for subject in ("enc/plain", "enc/warm", "probe"):
        for (_, metric), row in forecasts(finished, subject).items():
            assert metric in {"accuracy", "macro_f1"}
            assert 0 <= row["low"] <= row["value"] <= row["high"] <= 1
            assert row["sigma"] > 0
            assert 0 <= row["fidelity"] <= 1
