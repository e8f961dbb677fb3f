"""Students: forecast from labelled texts that they know no answer to, wherever labels can be mapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from taskatlas.stages import owed, predict, students
from taskatlas.stages.context import Context
from tests.conftest import change_card
from tests.stages.project import benchmarked, embedded, moods, write_dataset, write_rows


def forecasts(context: Context, subject: str) -> dict[tuple[str, str], dict[str, float]]:
    (key,) = [v.students for v in owed.plan(context, "student").vectors if v.entity == subject and v.students]
    return {(row["dataset"], row["metric"]): row for row in context.parts.read(students.STUDENTS, key).to_pylist()}


def corpus_with(folder: Path, texts: list[str]) -> None:
    """Add texts to the corpus."""
    known = [json.loads(line) for line in (folder / "data/web.jsonl").read_text().splitlines()]
    write_rows(folder, "web", [*known, *({"text": text} for text in texts)])


def test_texts_that_the_corpus_holds_are_left_out(finished: Context, copied: Callable[..., Path]):
    train = predict.split_of(finished, finished.datasets()["feel"], "train")["text"].to_pylist()
    folder = copied()
    corpus_with(folder, train[:20])
    context = embedded(folder)
    assert context.corpus().counts["n_texts"] == finished.corpus().counts["n_texts"] + 20
    before, after = forecasts(finished, "enc/plain"), forecasts(context, "enc/plain")
    assert before["feel", "accuracy"]["n"] == len(train)
    assert after["feel", "accuracy"]["n"] == len(train) - 20
    assert after["mood", "accuracy"]["n"] == before["mood", "accuracy"]["n"]


def test_where_the_corpus_holds_all_of_them_they_are_better_than_nothing(
    finished: Context, copied: Callable[..., Path]
):
    train = predict.split_of(finished, finished.datasets()["feel"], "train")["text"].to_pylist()
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
    context = benchmarked(folder)
    answerable = {
        subject: {dataset for dataset, _ in forecasts(context, subject)} for subject in ("enc/plain", "enc/warm")
    }
    assert answerable == {
        "enc/plain": {"mood", "feel", "shout"},  # no label of it leads to "yes"
        "enc/warm": {"mood", "feel", "shout", "renamed"},
    }
    measured = {(unit.subject.name, unit.origin.name) for unit in predict.units(context) if unit.scores}
    scored = {**answerable, "probe": {"mood", "feel", "shout"}}
    assert measured == {(subject, dataset) for subject, found in scored.items() for dataset in found}


def test_a_forecast_is_a_score_with_its_uncertainty(finished: Context):
    for subject in ("enc/plain", "enc/warm", "probe"):
        for (_, metric), row in forecasts(finished, subject).items():
            assert metric in {"accuracy", "macro_f1"}
            assert 0 <= row["low"] <= row["value"] <= row["high"] <= 1
            assert row["sigma"] > 0
            assert 0 <= row["fidelity"] <= 1
