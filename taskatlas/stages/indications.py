"""Indications: what a project knows of the subjects of each dataset of classes before any of them is called there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from taskatlas.cards.labels import label_positions
from taskatlas.embed.basis import Array
from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.measure import Floats, Ints
from taskatlas.embed.student import scaled
from taskatlas.forecast.consensus import NOT_ASKED
from taskatlas.forecast.gold import gold_student
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
    inputs: Array | None = None
    found: dict[str, list[Indications]] = {metric: [] for metric in METRICS}
    for text_set in work.text_sets[:-1]:
        card = project.registry.datasets[text_set.name]
        of_metrics = {metric: _of_dataset(forecasts, card.name, metric) for metric in METRICS}
        if not of_metrics["accuracy"] or len(card.class_labels) < 2:
            continue
        train, features = labelled(project, text_set, ids, device)
        if train.num_rows < 2:
            continue
        inputs = scaled(bases.features(project, corpus, device)) if inputs is None else inputs
        likely = _likely(card, train, scaled(features), inputs)
        answers = _answers(project, work, card, list(of_metrics["accuracy"]), ids)
        expected = np.asarray([each.value for each in of_metrics["accuracy"].values()], np.float64)
        for metric, of_metric in of_metrics.items():
            found[metric].append(gather(card.name, of_metric, likely, answers, expected))
    return found


def _of_dataset(forecasts: Mapping[Case, ForecastResult], dataset: str, metric: str) -> dict[str, ForecastResult]:
    return {
        subject: each for (subject, of, in_metric), each in forecasts.items() if (of, in_metric) == (dataset, metric)
    }


def _likely(card: DatasetCard, train: pa.Table, features: Array, corpus: Array) -> Floats:
    """What a student of the dataset's labels says of the corpus."""
    labels = label_positions(train["label"].to_pylist(), card.class_labels)
    return gold_student(features, labels, len(card.class_labels)).probabilities(corpus)


def _answers(
    project: Project, work: BenchmarkWork, card: DatasetCard, subjects: Sequence[str], ids: Sequence[str]
) -> Ints:
    """The subjects' answers to the corpus as indices of the dataset's labels, int64 [P, n]."""
    keys = {
        vector.entity: vector.answers for of_space in work.vectors.values() for vector in of_space if vector.answers
    }
    rows = {text_id: row for row, text_id in enumerate(ids)}
    found = np.full((len(subjects), len(ids)), NOT_ASKED, np.int64)
    for place, subject in enumerate(subjects):
        given = project.parts.read("predictions", keys[subject])
        asked = [row for row, text_id in enumerate(given["text_id"].to_pylist()) if text_id in rows]
        taken = given.take(pa.array(asked, pa.int64()))
        said = zip(taken["label"].to_pylist(), taken["output"].to_pylist(), strict=True)
        mapping = project.subjects[subject].mapping.get(card.name)
        positions = label_positions([label or output for label, output in said], card.class_labels, mapping)
        found[place, [rows[text_id] for text_id in taken["text_id"].to_pylist()]] = positions
    return found
