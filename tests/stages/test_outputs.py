"""Outputs of every form through all stages: numbers, pairs, 150 classes, free text, and half-recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from taskatlas.plan.plan import Plan
from tests.support.cards import change_card
from tests.support.projects import GOOD, NOUNS, sentences, write_card, write_dataset, write_recorded, write_rows
from tests.support.stage_runs import benchmarked


def entities(plan: Plan, method: str) -> set[str]:
    return {vector.entity for vector in plan.vectors[method]}


def answers_of(plan: Plan, model: str) -> pa.Table:
    """To the corpus, of a model with one subject."""
    return plan.project.parts.read("predictions", plan.answer_sets[model][0].key)


def forecast_of(plan: Plan, subject: str, dataset: str) -> dict[str, dict[str, float]]:
    rows = plan.project.parts.read("forecasts", plan.benchmark_work.forecasts).to_pylist()
    return {row["metric"]: row for row in rows if (row["subject"], row["dataset"]) == (subject, dataset)}


def scores_of(plan: Plan, subject: str, dataset: str) -> dict[str, float]:
    of = (subject, ("dataset", dataset))
    keys = [each.scores for each in plan.all_answer_sets if each.scores and (each.subject, each.text_set) == of]
    rows = [row for key in keys for row in plan.project.parts.read("scores", key).to_pylist()]
    return {row["metric"]: row["value"] for row in rows}


def corpus_texts(folder: Path) -> list[str]:
    return [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]


def test_numbers(copied: Callable[..., Path]):
    folder = copied()
    texts = sentences(80, 20, [*GOOD, *NOUNS])
    # the more often it says "we", the more it is
    rows = [{"text": text, "label": text.split().count("we") + place / 1_000} for place, text in enumerate(texts)]
    write_dataset(folder, "amount", rows, labels="number", value_range=[0, 10], family="amount")
    write_card(folder, "models", "counter", kind="probe", encoder="enc", dataset="amount")
    plan = benchmarked(folder)
    assert {"amount", "counter"} <= entities(plan, "crosscov") & entities(plan, "student")
    answers = answers_of(plan, "counter")
    assert answers["label"].null_count == answers["probabilities"].null_count == len(answers)
    assert all(0 <= value <= 10 for value in answers["value"].to_pylist())
    assert list(scores_of(plan, "counter", "amount")) == ["spearman"]
    assert list(forecast_of(plan, "counter", "amount")) == ["spearman"]
    assert forecast_of(plan, "counter", "mood") == {}
    assert forecast_of(plan, "enc/plain", "amount") == {}


def test_pairs(copied: Callable[..., Path]):
    folder = copied()
    firsts, seconds = sentences(80, 30), sentences(80, 31, GOOD)
    labels = ["yes" if place % 2 else "no" for place in range(80)]
    rows = [
        {"premise": first, "hypothesis": first if label == "yes" else second, "label": label}
        for first, second, label in zip(firsts, seconds, labels, strict=True)
    ]
    columns = {"text": "premise", "text_pair": "hypothesis"}
    write_dataset(folder, "same", rows, labels=["no", "yes"], columns=columns, family="pairs")
    couples = zip(sentences(30, 32), sentences(30, 33), strict=True)
    write_rows(folder, "couples", [{"text": first, "text_pair": second} for first, second in couples])
    sources = [{"source": "data/web.jsonl"}, {"source": "data/couples.jsonl", "columns": {"text_pair": "text_pair"}}]
    change_card(folder / "corpora/web.yaml", sources=sources)
    choices = {"no": "no", "yes": "yes"}
    template = "{{ text }}{% if text_pair %} . {{ text_pair }}{% endif %}"
    write_card(folder, "prompts", "alike", template=template, choices=choices, families=["pairs"])
    write_card(folder, "models", "pairer", kind="probe", encoder="enc", dataset="same")
    plan = benchmarked(folder)
    assert plan.corpus.counts["n_texts"] == 90
    assert {"same", "enc/alike", "pairer"} <= entities(plan, "crosscov")
    assert set(scores_of(plan, "pairer", "same")) == {"accuracy", "macro_f1"}
    assert forecast_of(plan, "enc/alike", "same")["accuracy"]["n"] > 30


def test_150_classes(copied: Callable[..., Path]):
    folder = copied()
    labels = [f"{first} {second}" for first in NOUNS for second in GOOD + NOUNS[:5]]
    assert len(labels) == 150
    for split, count in (("train", 2), ("test", 1)):
        rows = [
            {"text": f"{label} {text} {label}", "label": label}
            for place, label in enumerate(labels)
            for text in sentences(count, place + 1_000 * count)
        ]
        write_rows(folder, f"many-{split}", rows)
    source = "data/many-{split}.jsonl"
    write_card(folder, "datasets", "many", source=source, labels=labels, family="intent", domain="made up")
    choices = dict(zip(labels, labels, strict=True))
    write_card(folder, "prompts", "names", choices=choices, families=["intent"])
    write_card(folder, "models", "many-probe", kind="probe", encoder="enc", dataset="many", strength=50.0)
    plan = benchmarked(folder)
    assert {"many", "enc/names", "many-probe"} <= entities(plan, "crosscov") & entities(plan, "student")
    answers = answers_of(plan, "many-probe")
    assert {len(row) for row in answers["probabilities"].to_pylist()} == {150}
    accuracy = scores_of(plan, "many-probe", "many")["accuracy"]
    assert accuracy > 0.1, "far above one in 150"
    forecast = forecast_of(plan, "many-probe", "many")["accuracy"]
    assert 0 <= forecast["low"] <= forecast["value"] <= forecast["high"] <= 1


def test_free_text(copied: Callable[..., Path]):
    folder = copied()
    texts = corpus_texts(folder)
    said = [{"text": text, "output": " ".join(text.split()[:2])} for text in texts]
    write_recorded(folder, "speaker", said, labels="text")
    plan = benchmarked(folder)
    assert "speaker" in entities(plan, "crosscov") & entities(plan, "student")
    answers = answers_of(plan, "speaker")
    assert len(set(answers["output"].to_pylist())) > 20
    assert answers["label"].null_count == answers["value"].null_count == len(answers)
    assert forecast_of(plan, "speaker", "mood") == {}, "free text is no label"


def recorded_half(folder: Path, min_coverage: float) -> int:
    """A recorded model that answers every second corpus text; how many there are."""
    texts = corpus_texts(folder)[::2]
    rows = [{"text": text, "output": ("negative", "positive")[bool({*text.split()} & {*GOOD})]} for text in texts]
    write_recorded(folder, "half", rows, min_coverage=min_coverage)
    return len(rows)


def test_a_recorded_model_that_answers_half_the_corpus(finished: Plan, copied: Callable[..., Path]):
    folder = copied()
    n = recorded_half(folder, min_coverage=0.4)
    plan = benchmarked(folder)
    made = {vector.entity: vector for vector in plan.vectors["student"]}
    rows = {name: plan.project.parts.read("embeddings", made[name].key).to_pylist()[0] for name in ("half", "probe")}
    assert rows["half"]["n"] == n
    assert rows["probe"]["n"] == plan.corpus.counts["n_texts"] == 2 * n
    assert len(rows["half"]["vector"]) == len(rows["probe"]["vector"])
    assert forecast_of(plan, "half", "mood")["accuracy"]["n"] > 0
    # nobody else's vector depends on it
    keys = {vector.key for method in finished.methods for vector in finished.space_plan(method).vectors}
    assert finished.methods == ["text", "crosscov", "student"]
    assert keys < {vector.key for vectors in plan.vectors.values() for vector in vectors}
