"""Datasets without the names of their labels: where classes lie, what texts are about, and what form labels have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from taskatlas.embed.method import ClosedForm, last_layer
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.stages import bases
from taskatlas.stages.outputs import dataset_outputs
from taskatlas.stages.predict import split_of
from taskatlas.stages.questions.siblings import Nameless
from taskatlas.transfer.classes import LabelForm, class_scatter


def nameless(project: Project, work: BenchmarkWork) -> Iterator[Nameless]:
    """Yield what is seen of every dataset that has a vector by its outputs in closed form: its texts are encoded.
    Answers that are texts have no names that could be hidden."""
    seen = _with_a_vector(project, work)
    for text_set in work.text_sets[:-1]:
        card = project.registry.datasets[text_set.name]
        if text_set.name in seen and card.labels != "text":
            train = split_of(project, text_set.examples, "train")
            features = bases.features(project, train, "cpu")
            # what a row holds beside its text is read as a second text, whatever a card calls it
            pairs = card.columns.further or train["text_pair"].null_count < train.num_rows
            form = LabelForm(0 if card.labels == "number" else len(card.class_labels), pairs)
            about = np.asarray(last_layer(features).mean(axis=0, dtype=np.float64), np.float32)
            yield Nameless(card.name, about, class_scatter(features, dataset_outputs(card, train)), form)


def _with_a_vector(project: Project, work: BenchmarkWork) -> set[str]:
    found: set[str] = set()
    for method, vectors in work.vectors.items():
        chosen = space_of(project.registry, method).method
        if isinstance(chosen, ClosedForm) and chosen.reads_outputs:
            found |= {vector.entity for vector in vectors if vector.kind == "dataset"}
    return found
