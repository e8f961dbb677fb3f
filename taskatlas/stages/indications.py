"""Indications: what a project knows of the subjects of each dataset of classes before any of them is called there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np
import pyarrow as pa

from taskatlas.cards.labels import label_positions
from taskatlas.embed.basis import Array
from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.measure import Ints
from taskatlas.embed.student import scaled
from taskatlas.forecast.consensus import NOT_ASKED
from taskatlas.forecast.gold import GoldStudent, gold_student, sees_numbers
from taskatlas.forecast.indications import Indications, gather
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages import bases
from taskatlas.stages.raw_forecasts import labelled

METRICS = ("accuracy", "macro_f1")
Case = tuple[str, str, str]
"""(subject, dataset, metric)."""


def indications(
    project: Project, work: BenchmarkWork, forecasts: Mapping[Case, ForecastResult], device: str
) -> dict[str, list[Indications]]:
    """Gather what is known by metric, of every dataset of classes that students forecast.

    Args:
        project: the project.
        work: what the stage is handed.
        forecasts: what every student expects.
        device: as in `predict.device.choose_device`, where texts were not encoded yet.
    """
    corpus = project.parts.read("examples", work.text_sets[-1].examples)
    ids = corpus["text_id"].to_pylist()
    given = cache(partial(_given, project, _answer_keys(work), ids))  # a subject may be of many datasets
    by_dataset = _by_dataset(forecasts)
    inputs: Array | None = None
    found: dict[str, list[Indications]] = {metric: [] for metric in METRICS}
    for text_set in work.text_sets[:-1]:
        card = project.registry.datasets[text_set.name]
        of_metrics = {metric: by_dataset.get((card.name, metric), {}) for metric in METRICS}
        if not of_metrics["accuracy"] or len(card.class_labels) < 2:
            continue
        train, features = labelled(project, text_set, ids, device)
        if train.num_rows < 2:
            continue
        inputs = scaled(bases.features(project, corpus, device)) if inputs is None else inputs
        gold = _gold_student(card, train, scaled(features))
        answers = np.stack([_labels(project, card, subject, given(subject)) for subject in of_metrics["accuracy"]])
        expected = np.asarray([each.value for each in of_metrics["accuracy"].values()], np.float64)
        for metric, of_metric in of_metrics.items():
            likely = gold.probabilities(inputs)
            found[metric].append(gather(card.name, of_metric, likely, answers, expected, seen=gold.sees))
    return found


def numbers_are_seen(project: Project, work: BenchmarkWork, dataset: str, device: str) -> bool:
    """Return whether the surrogate sees anything of the numbers of a dataset; arguments as of `indications`."""
    ids = project.parts.read("examples", work.text_sets[-1].examples)["text_id"].to_pylist()
    text_set = next(each for each in work.text_sets if each.name == dataset and each.kind == "dataset")
    train, features = labelled(project, text_set, ids, device)
    return sees_numbers(scaled(features), train["value"].to_numpy())


def _by_dataset(forecasts: Mapping[Case, ForecastResult]) -> dict[tuple[str, str], dict[str, ForecastResult]]:
    """(dataset, metric) → subject → forecast."""
    found: dict[tuple[str, str], dict[str, ForecastResult]] = {}
    for (subject, dataset, metric), each in forecasts.items():
        found.setdefault((dataset, metric), {})[subject] = each
    return found


def _gold_student(card: DatasetCard, train: pa.Table, features: Array) -> GoldStudent:
    labels = label_positions(train["label"].to_pylist(), card.class_labels)
    return gold_student(features, labels, len(card.class_labels))


def _answer_keys(work: BenchmarkWork) -> dict[str, str]:
    """Subject → key of its answers to the corpus."""
    return {
        vector.entity: vector.answers for of_space in work.vectors.values() for vector in of_space if vector.answers
    }


def _given(project: Project, keys: Mapping[str, str], ids: Sequence[str], subject: str) -> list[str | None]:
    """What a subject answered to each text of the corpus, as a label where it was read as one; None where it was not
    asked."""
    rows = project.parts.read("predictions", keys[subject])
    columns = (rows[name].to_pylist() for name in ("text_id", "label", "output"))
    said = {text_id: label or output for text_id, label, output in zip(*columns, strict=True)}
    return [said.get(text_id) for text_id in ids]


def _labels(project: Project, card: DatasetCard, subject: str, given: Sequence[str | None]) -> Ints:
    """A subject's answers as indices of the dataset's labels, int64 [n]."""
    mapping = project.subjects[subject].mapping.get(card.name)
    positions = label_positions([answer or "" for answer in given], card.class_labels, mapping)
    return np.where([answer is None for answer in given], NOT_ASKED, positions)
