"""The bank of language models: their answers to labelled texts, and what is known of them from random thirds.

`--bank` or `LLMBANK` names its folder: tasks.json (name, labels, models), and per task texts.jsonl (id, text, label)
and outputs.csv (id, then a column per model, empty where it named no label).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.features import Features
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.forecast import drawn_answers
from taskatlas.embed.interval import ForecastResult, result
from taskatlas.embed.method import Axes, last_layer
from taskatlas.embed.outputs import from_labels
from taskatlas.embed.student import SharedStudent, StudentMethod, scaled
from taskatlas.errors import ModelError
from taskatlas.forecast.gold import gold_student
from taskatlas.forecast.indications import Indications, gather

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Task:
    """A task: n texts with gold labels, and what P models answered; `answers` [P, n] holds −1 where no label was named.
    `features` are the surrogate's layers, [n, L, d]; `described` the last one of the labels' names, normalised, [d]."""

    name: str
    labels: tuple[str, ...]
    models: tuple[str, ...]
    features: Array
    gold: Ints
    answers: Ints
    described: Array


@dataclass(frozen=True)
class Thirds:
    """A task in thirds: what is known without a call on labelled texts, what calls there would say, and the truth.

    Attributes:
        indications: from the answers to the first third and the labels of the second.
        hits: whether the models are right on the second third, bool [P, m]; calls buy columns of it.
        truth: accuracy on the last third, [P].
        whole: accuracy on all texts, [P]: what other tasks may learn from.
    """

    indications: Indications
    hits: npt.NDArray[np.bool_]
    truth: Floats
    whole: Floats


def folder(option: Path | None) -> Path:
    """Where the bank lies."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "llmbank"
    return option or Path(os.environ.get("LLMBANK", beside))


def load(bank: Path) -> list[Task]:
    """All tasks, their texts encoded."""
    features = Features()
    return [_task(bank, card, features) for card in json.loads((bank / "tasks.json").read_text(encoding="utf-8"))]


def _task(bank: Path, card: dict[str, list[str]], features: Features) -> Task:
    name, labels, models = str(card["name"]), tuple(card["labels"]), tuple(card["models"])
    index = {label: at for at, label in enumerate(labels)}
    lines = (bank / name / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line) for line in lines if line]
    with (bank / name / "outputs.csv").open(encoding="utf-8", newline="") as file:
        rows = {int(row["id"]): row for row in csv.DictReader(file)}
    gold = np.asarray([index[text["label"]] for text in texts], np.int64)
    answers = np.asarray([[index.get(rows[text["id"]][model], -1) for text in texts] for model in models], np.int64)
    encoded = features.of([(text["text"], None) for text in texts])
    return Task(name, labels, models, encoded, gold, answers, features.phi([", ".join(labels)])[0])


def thirds(task: Task, seed: int) -> Thirds:
    """Draw three thirds at random and gather what each of them tells."""
    third = len(task.gold) // 3
    # drawn apart for each task: the same rows of all of them would err together
    order = np.random.default_rng([seed, *task.name.encode()]).permutation(len(task.gold))
    unlabelled, labelled, tested = (order[start : start + third] for start in (0, third, 2 * third))
    right = task.answers == task.gold
    return Thirds(
        indications_of(task, unlabelled, labelled),
        right[:, labelled],
        right[:, tested].mean(axis=1),
        right.mean(axis=1),
    )


def likeness(tasks: Sequence[Task]) -> dict[str, Floats]:
    """How alike tasks are by what is known of them without a label or an answer: cosines [T, T]."""
    texts = np.stack([last_layer(task.features).mean(axis=0) for task in tasks])
    labels = np.stack([task.described for task in tasks])
    found = {"texts": texts - texts.mean(axis=0), "names of labels": labels}
    return {name: cosines(each, each).astype(np.float64) for name, each in found.items()}


def indications_of(task: Task, unlabelled: Ints, labelled: Ints) -> Indications:
    """What answers to some texts, without labels, and labels of others, without calls, tell of the models."""
    inputs = scaled(task.features)
    gold = gold_student(inputs[labelled], task.gold[labelled], len(task.labels))
    whole = shared_student(task, unlabelled)
    forecasts = {name: _forecast(task, row, unlabelled, labelled, whole) for row, name in enumerate(task.models)}
    return gather(
        task.name, forecasts, gold.probabilities(inputs[unlabelled]), task.answers[:, unlabelled], seen=gold.sees
    )


def _forecast(task: Task, model: int, unlabelled: Ints, labelled: Ints, whole: SharedStudent) -> ForecastResult:
    """What a model's student forecasts for the labelled texts."""
    expected, fidelity = chances(task, model, unlabelled, labelled, whole)
    value = float(expected.mean())
    return result("accuracy", value, float(np.sqrt(value * (1.0 - value) / len(expected))), len(expected), fidelity)


def chances(task: Task, model: int, unlabelled: Ints, labelled: Ints, whole: SharedStudent) -> tuple[Floats, float]:
    """How likely a model's student holds it to be right on each of m labelled texts, [m], and its fidelity. Where the
    model named no label it counts as wrong; one that always answers the same is known without a student."""
    given, true = task.answers[model, unlabelled], task.gold[labelled]
    named = given >= 0
    share = float(named.mean())
    try:
        outputs = from_labels([task.labels[label] for label in given[named]], task.labels)
    except ModelError:
        return share * np.asarray(true == given[named][0] if named.any() else np.zeros(len(true)), np.float64), 1.0
    student = (whole if named.all() else shared_student(task, unlabelled[named])).student(outputs)
    drawn = drawn_answers(student, student.predict(task.features[labelled]), true, np.arange(len(task.labels)))
    return share * np.asarray((drawn == true).mean(axis=0), np.float64), student.fidelity


def shared_student(task: Task, texts: Ints) -> SharedStudent:
    """What students of all models on these texts share."""
    method = StudentMethod(Axes(1, 1))  # no vector is made, so one axis is enough
    features = task.features[texts]
    return method.fit(features, method.basis(features))
