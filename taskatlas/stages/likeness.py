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
from taskatlas.transfer.measured import Transfer, gather
from taskatlas.transfer.ranking import by_vectors, forecast_gains
from taskatlas.transfer.sides import Floats, Seen, head_start, sides_of

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
    names, sides, start = _sides(project, datasets)
    if not names:
        return {}
    alike = combine(sides, np.full(len(sides), 1.0 / len(sides)))
    found = {}
    for target, name in enumerate(names):
        promised = by_vectors(alike, start, target)
        found[name] = {other: float(promised[i]) for i, other in enumerate(names) if i != target}
    return found


def forecast_of_sources(
    project: Project, datasets: Mapping[str, TextSet], measured: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Return what every other dataset promises as a source by what sources brought targets like it; the result is as of
    `likeness_of_sources`.

    Args:
        project: the project.
        datasets: the ingested datasets by name.
        measured: target → source → gain; what was measured with a target is left out of its own forecast.
    """
    names, sides, start = _sides(project, datasets)
    rows = [
        Transfer(target, source, "here", gain)
        for target, of in measured.items()
        for source, gain in of.items()
        if target in names and source in names
    ]
    if not rows:
        return {}
    known, found = gather(rows, names), {}
    place = [names.index(name) for name in known.datasets]
    ordered = sides[:, place][:, :, place], start[place]
    for target, name in enumerate(known.datasets):
        (worth,) = forecast_gains(*ordered, known, target)
        found[name] = {other: float(worth[i]) for i, other in enumerate(known.datasets) if i != target}
    return found


def _sides(project: Project, datasets: Mapping[str, TextSet]) -> tuple[list[str], Floats, Floats]:
    """Names of the datasets that can be compared, how alike they are from each side, and their head starts; no names
    where there are fewer than three."""
    seen = dict(_seen(project, datasets))
    if len(seen) < FEWEST:
        return [], np.empty((0, 0, 0)), np.empty(0)
    views = list(seen.values())
    return list(seen), sides_of(views), head_start(views)


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
