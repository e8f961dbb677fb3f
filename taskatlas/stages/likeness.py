"""Likeness: what datasets promise as a source for each other, by what their texts are about and what is answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from taskatlas.embed.method import last_layer
from taskatlas.errors import InputError
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.stages import bases
from taskatlas.stages.outputs import dataset_outputs
from taskatlas.stages.predict import split_of
from taskatlas.transfer.likeness import combine
from taskatlas.transfer.measured import Transfer, gather
from taskatlas.transfer.ranking import by_vectors, forecast_gains
from taskatlas.transfer.sides import Floats, Seen, head_start, sides_of

FEWEST = 3
"""Datasets that can be compared: two, seen from their mean, are always opposite."""


Promises = dict[str, dict[str, float]]
"""target → source → what it promises, higher is better."""


@dataclass(frozen=True)
class ComparedSources:
    """N datasets as sources for each other.

    Attributes:
        names: theirs, sorted; none where there are fewer than three.
        sides: how alike they are from each side, float64 [m, N, N].
        start: their head starts, float64 [N].
    """

    names: list[str]
    sides: Floats
    start: Floats

    def likeness(self) -> Promises:
        """Return what datasets promise by vectors alone, where no transfer was measured: `ranking.by_vectors`."""
        if not self.names:
            return {}
        alike = combine(self.sides, np.full(len(self.sides), 1.0 / len(self.sides)))
        return self._promises(by_vectors(alike, self.start, target) for target in range(len(self.names)))

    def forecast(self, measured: Mapping[str, Mapping[str, float]]) -> Promises:
        """Return what datasets promise by what they brought targets like it: `ranking.forecast_gains`.

        Args:
            measured: target → source → gain; what was measured with a target is left out of its own forecast.
        """
        rows = [
            Transfer(target, source, "here", gain) for target, of in measured.items() for source, gain in of.items()
        ]
        return self.forecast_by_setup(rows).get("here", {})

    def forecast_by_setup(self, rows: Iterable[Transfer]) -> dict[str, Promises]:
        """Return what datasets promise in each setup in which transfers between them were measured; see `forecast`."""
        between = [row for row in rows if row.target in self.names and row.source in self.names]
        if not between:
            return {}
        known = gather(between, self.names)
        worth = [forecast_gains(self.sides, self.start, known, target) for target in range(len(self.names))]
        return {setup: self._promises(each[i] for each in worth) for i, setup in enumerate(known.setups)}

    def _promises(self, worth: Iterable[Floats]) -> Promises:
        return {
            name: {other: float(each[i]) for i, other in enumerate(self.names) if other != name}
            for name, each in zip(self.names, worth, strict=True)
        }


def compared_sources(project: Project, datasets: Mapping[str, TextSet]) -> ComparedSources:
    """Compare datasets as sources; those whose train labels say nothing are left out.

    The texts were encoded when the datasets were embedded, and are read from there; of the labels all layers are
    encoded here, once.

    Args:
        project: the project.
        datasets: the ingested datasets by name.
    """
    seen = dict(_seen(project, datasets))
    if len(seen) < FEWEST:
        return ComparedSources([], np.empty((0, 0, 0)), np.empty(0))
    views = list(seen.values())
    return ComparedSources(list(seen), sides_of(views), head_start(views))


def _seen(project: Project, datasets: Mapping[str, TextSet]) -> Iterator[tuple[str, Seen]]:
    surrogate = bases.surrogate_of(project, "cpu")
    for name, text_set in sorted(datasets.items()):
        train = split_of(project, text_set.examples, "train")
        try:
            outputs = dataset_outputs(project.registry.datasets[name], train)
        except InputError:  # one label throughout: nothing is answered
            continue
        answered = surrogate.answer_features(outputs.texts)
        shares = outputs.weights.mean(axis=0, dtype=np.float64)
        yield name, Seen(last_layer(bases.features(project, train, "cpu")), answered, shares)
