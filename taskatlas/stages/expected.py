"""What students expect of each test text: how likely their subjects are to be right there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from taskatlas.cards.labels import label_positions
from taskatlas.embed.forecast import drawn_answers
from taskatlas.embed.measure import Floats
from taskatlas.embed.method import Axes
from taskatlas.embed.student import SharedStudent, StudentMethod, scaled
from taskatlas.errors import ModelError
from taskatlas.plan.plan import Plan
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages import bases
from taskatlas.stages.outputs import subject_outputs


def chances_of(
    plan: Plan, card: DatasetCard, subjects: Iterable[Subject], test: pa.Table, device: str
) -> dict[str, Floats]:
    """Return, by subject, how likely it is to be right on each of n test texts of a dataset of classes, float64 [n].

    Where its answers to the corpus say nothing of how it chooses, it is as likely everywhere.

    Args:
        plan: the project's; its subjects have answered the corpus.
        card: the dataset.
        subjects: of which the chances are told.
        test: its test split, in the schema of the table examples.
        device: as in `predict.device.choose_device`.
    """
    project = plan.project
    corpus = project.parts.read("examples", plan.corpus.examples)
    ids, features = corpus["text_id"].to_pylist(), bases.features(project, corpus, device)
    inputs = scaled(bases.features(project, test, device))
    index = {label: at for at, label in enumerate(card.class_labels)}
    labels = np.asarray([index[label] for label in test["label"].to_pylist()], np.int64)
    answers = {each.subject: each.key for each in plan.all_answer_sets if each.text_set[0] == "corpus"}
    shares: dict[tuple[int, ...], SharedStudent] = {}
    chances = {}
    for subject in subjects:
        rows = project.parts.read("predictions", answers[subject.name])
        try:
            answered, outputs = subject_outputs(project, subject, rows, ids)
        except ModelError:
            chances[subject.name] = np.zeros(len(labels))
            continue
        texts = tuple(answered)
        if texts not in shares:
            method = StudentMethod(Axes(1, 1))  # no vector is made, so one axis is enough
            shares[texts] = method.fit(features[answered], method.basis(features[answered]))
        student = shares[texts].student(outputs)
        # what was written freely need not hold every label of the dataset
        mapping = label_positions(outputs.texts, card.class_labels, subject.mapping.get(card.name))
        drawn = drawn_answers(student, student.read(inputs), labels, mapping)
        chances[subject.name] = np.asarray((drawn == labels).mean(axis=0), np.float64)
    return chances
