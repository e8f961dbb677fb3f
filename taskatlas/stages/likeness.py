"""Likeness: what datasets promise as a source for each other, by what their texts are about and what is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from taskatlas.embed.method import last_layer
from taskatlas.errors import InputError
from taskatlas.hashing import text_id
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.features import features_for
from taskatlas.predict.model import Example
from taskatlas.stages import bases
from taskatlas.stages.outputs import dataset_outputs
from taskatlas.stages.predict import split_of
from taskatlas.transfer.likeness import combine
from taskatlas.transfer.ranking import by_vectors
from taskatlas.transfer.sides import Seen, head_start, sides_of

FEWEST = 3
"""Datasets that can be compared: two, seen from their mean, are always opposite."""


def likeness_of_sources(project: Project, datasets: Mapping[str, TextSet]) -> dict[str, dict[str, float]]:
    """Return what every other dataset promises as a source for a dataset, higher is better, as `transfer.ranking` has
    it by vectors alone, where no transfer was measured.

    The texts were encoded when the datasets were embedded, and are read from there; of the labels all layers are
    encoded here, once.

    Args:
        project: the project.
        datasets: the ingested datasets by name.

    Returns:
        target → source → likeness. Datasets whose train labels say nothing are left out; empty where there are fewer
        than three others.
    """
    seen = dict(_seen(project, datasets))
    if len(seen) < FEWEST:
        return {}
    names, views = list(seen), list(seen.values())
    sides, start = sides_of(views), head_start(views)
    alike = combine(sides, np.full(len(sides), 1.0 / len(sides)))
    found = {}
    for target, name in enumerate(names):
        promised = by_vectors(alike, start, target)
        found[name] = {other: float(promised[i]) for i, other in enumerate(names) if i != target}
    return found


def _seen(project: Project, datasets: Mapping[str, TextSet]) -> Iterator[tuple[str, Seen]]:
    weights = project.registry.surrogate.weights
    for name, text_set in sorted(datasets.items()):
        train = split_of(project, text_set.examples, "train")
        try:
            outputs = dataset_outputs(project.registry.datasets[name], train)
        except InputError:  # one label throughout: nothing is answered
            continue
        texts = [Example(text_id(text), text) for text in outputs.texts]
        answered = features_for(weights, texts, project.parts, project.folder, "cpu")
        shares = outputs.weights.mean(axis=0, dtype=np.float64)
        yield name, Seen(last_layer(bases.features(project, train, "cpu")), answered, shares)
