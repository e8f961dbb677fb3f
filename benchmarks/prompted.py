"""Prompts of a zero-shot text encoder on the taskbank: cosine of text and answer, times 20, softmax."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from benchmarks.bank import Dataset, corpus
from benchmarks.case import Case
from benchmarks.features import Features
from benchmarks.spaces import Spaces
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.forecast import forecast
from taskatlas.embed.outputs import from_labels, from_probabilities
from taskatlas.embed.student import scaled
from taskatlas.forecast.gold import gold_student

SCALE = 20.0
Floats = npt.NDArray[np.float64]


class Prompt(NamedTuple):
    """An answer template with one set of choices; answers in the order of the dataset's labels."""

    name: str
    answers: list[str]

    @property
    def swapped(self) -> bool:
        """Whether it exchanges labels on purpose."""
        return self.name.startswith("swapped")


class Prompts(NamedTuple):
    """A dataset's labels and its prompts."""

    labels: list[str]
    prompts: list[Prompt]


def read(names: set[str]) -> dict[str, Prompts]:
    """The prompts of prompts.yaml for the datasets among `names`."""
    entries = yaml.safe_load((Path(__file__).parent / "prompts.yaml").read_text(encoding="utf-8"))
    return {
        dataset: Prompts(
            entry["labels"],
            [
                Prompt(f"{name} {template}", [template.replace("{{ choice }}", choice) for choice in choices])
                for template in entry["templates"]
                for name, choices in entry["choices"].items()
            ],
        )
        for dataset, entry in entries.items()
        if dataset in names
    }


def probabilities(phi: npt.NDArray[np.float32], answers: npt.NDArray[np.float32]) -> Floats:
    """What the encoder answers: φ of texts [n, d] and of answers [C, d] → [n, C]."""
    odds = SCALE * (phi @ answers.T).astype(np.float64)
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def cases(datasets: dict[str, Dataset], features: Features) -> tuple[list[Case], list[list[Prompt]]]:
    """A case per dataset that has prompts, and the prompts; its corpus holds no text of the dataset's family."""
    by_dataset = read(set(datasets))
    features.phi(sorted({answer for prompts in by_dataset.values() for p in prompts.prompts for answer in p.answers}))
    spaces: dict[str, Spaces] = {}
    all_cases = []
    for name, prompts in by_dataset.items():
        family = datasets[name].family
        if family not in spaces:
            spaces = {family: Spaces(corpus(datasets, [family]), features)}
        all_cases.append(_case(datasets[name], prompts, spaces[family], features))
    return all_cases, [prompts.prompts for prompts in by_dataset.values()]


def _case(dataset: Dataset, prompts: Prompts, spaces: Spaces, features: Features) -> Case:
    train, labels = list(dataset.train.texts), prompts.labels
    index_of = {label: i for i, label in enumerate(labels)}
    tested = np.array([index_of.get(str(label), -1) for label in dataset.test.labels])  # chemprot tests one more label
    indices = np.array([index_of[str(label)] for label in dataset.train.labels])
    target = spaces.of_dataset(train, from_labels([str(label) for label in dataset.train.labels], labels))
    phis = [_phi(features, texts) for texts in (spaces.corpus, train, list(dataset.test.texts))]
    gold = gold_student(scaled(features.of(train)), indices, len(labels))
    vectors, forecasts, answers, truth, given = [], [], [], [], []
    for prompt in prompts.prompts:
        on_corpus, on_train, on_test = (probabilities(phi, features.phi(prompt.answers)) for phi in phis)
        outputs = from_probabilities(on_corpus, labels)
        vectors.append(spaces.of_subject(outputs))
        forecasts.append(forecast(spaces.student(outputs), features.of(train), indices, np.arange(len(labels)))[0])
        answers.append(on_train)
        given.append(on_corpus.argmax(axis=1))
        truth.append(float(np.mean(on_test.argmax(axis=1) == tested)))
    near = {m: cosines(np.stack([v[m] for v in vectors]), target[m][None])[:, 0].astype(np.float64) for m in target}
    names = [f"{dataset.name}: {prompt.name}" for prompt in prompts.prompts]
    likely = gold.probabilities(scaled(features.of(spaces.corpus)))
    known = (np.array(truth), np.stack(answers), indices, forecasts, near, target)
    return Case(dataset.name, names, *known, likely, np.stack(given), gold.sees)


def _phi(features: Features, texts: list[tuple[str, str | None]]) -> npt.NDArray[np.float32]:
    last = features.of(texts)[:, -1]
    unit: npt.NDArray[np.float32] = last / np.linalg.norm(last, axis=1, keepdims=True)
    return unit
