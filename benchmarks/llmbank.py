"""The bank of language models: their answers to labelled texts, and what is known of them from random thirds.

`--bank` or `LLMBANK` names its folder: tasks.json (name, labels, models), and per task texts.jsonl (id, text, label)
and outputs.csv (id, then a column per model, empty where it named no label).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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
Expected = tuple[Floats, float]
"""How likely a model's student holds it to be right on each of m texts, [m], and the student's fidelity."""


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


class Options(NamedTuple):
    """What a script over the bank is told: where it lies, and whether to print figures alone."""

    bank: Path
    figures_alone: bool


def options(about: str | None) -> Options:
    """Read a script's options from the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--bank", type=Path, help="folder of the bank; else LLMBANK, else shared/llmbank")
    parser.add_argument("--json", action="store_true", help="print figures alone, and write no file")
    given = parser.parse_args()
    beside = Path(__file__).resolve().parents[2] / "shared" / "llmbank"
    return Options(given.bank or Path(os.environ.get("LLMBANK", beside)), given.json)


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


def likeness(tasks: Sequence[Task]) -> dict[str, Floats]:
    """How alike tasks are by what is known of them without a label or an answer: cosines [T, T]."""
    texts = np.stack([last_layer(task.features).mean(axis=0) for task in tasks])
    labels = np.stack([task.described for task in tasks])
    found = {"texts": texts - texts.mean(axis=0), "names of labels": labels}
    return {name: cosines(each, each).astype(np.float64) for name, each in found.items()}


def indications_of(task: Task, unlabelled: Ints, labelled: Ints, expected: Sequence[Expected]) -> Indications:
    """What answers to some texts, without labels, and labels of others, without calls, tell of the models.

    Args:
        task: the task.
        unlabelled: rows of the texts that were answered.
        labelled: rows of those whose labels are known.
        expected: what each model's student expects of the latter.
    """
    inputs = scaled(task.features)
    gold = gold_student(inputs[labelled], task.gold[labelled], len(task.labels))
    forecasts = {name: _forecast(*each) for name, each in zip(task.models, expected, strict=True)}
    return gather(
        task.name, forecasts, gold.probabilities(inputs[unlabelled]), task.answers[:, unlabelled], seen=gold.sees
    )


def _forecast(chances: Floats, fidelity: float) -> ForecastResult:
    """What a model's student forecasts for the labelled texts."""
    value, n = float(chances.mean()), len(chances)
    return result("accuracy", value, float(np.sqrt(value * (1.0 - value) / n)), n, fidelity)


def expected_of(task: Task, unlabelled: Ints, labelled: Ints) -> list[Expected]:
    """What each model's student expects of the labelled texts, from the model's answers to the others."""
    whole = _shared_student(task, unlabelled)
    return [_expected(task, model, unlabelled, labelled, whole) for model in range(len(task.models))]


def _expected(task: Task, model: int, unlabelled: Ints, labelled: Ints, whole: SharedStudent) -> Expected:
    """What a model's student expects. Where the model named no label it counts as wrong; one that always answers the
    same is known without a student."""
    given, true = task.answers[model, unlabelled], task.gold[labelled]
    named = given >= 0
    share = float(named.mean())
    try:
        outputs = from_labels([task.labels[label] for label in given[named]], task.labels)
    except ModelError:
        return share * np.asarray(true == given[named][0] if named.any() else np.zeros(len(true)), np.float64), 1.0
    student = (whole if named.all() else _shared_student(task, unlabelled[named])).student(outputs)
    drawn = drawn_answers(student, student.predict(task.features[labelled]), true, np.arange(len(task.labels)))
    return share * np.asarray((drawn == true).mean(axis=0), np.float64), student.fidelity


def _shared_student(task: Task, texts: Ints) -> SharedStudent:
    """What students of all models on these texts share."""
    method = StudentMethod(Axes(1, 1))  # no vector is made, so one axis is enough
    features = task.features[texts]
    return method.fit(features, method.basis(features))
