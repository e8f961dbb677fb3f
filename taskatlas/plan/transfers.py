"""Transfers: how a project measures them, and which are there, under which keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.embed import METHODS, Options
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import Schedule
from taskatlas.errors import InputError, UnknownNameError
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.identity import surrogate_content
from taskatlas.registry.registry import Registry
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.project import TransferCard

Pair = tuple[str | None, str]
"""Source and target; None where the target is learnt alone."""
BATCH = 16
"""Texts per step: few labels make many steps."""


@dataclass(frozen=True)
class TransferSetup:
    """How transfers are measured.

    Attributes:
        surrogate: the card of what is tuned.
        method: says what of it.
        card: the project's.
    """

    surrogate: SurrogateCard
    method: TunedMethod
    card: TransferCard

    @property
    def name(self) -> str:
        """`surrogate/learner/` and the first characters of the hash of all that changes a score."""
        whole = GRAPH["learnt"].key(*self._content, *self._settings)
        return f"{self.surrogate.name}/{self.card.learner}/{whole[:8]}"

    @property
    def source(self) -> Schedule:
        """How a source is learnt."""
        return Schedule(self._rate, epochs=self.card.source_epochs, batch=BATCH)

    @property
    def target(self) -> Schedule:
        """How a target is learnt."""
        return Schedule(self._rate, epochs=self.card.target_epochs, batch=BATCH)

    @property
    def _rate(self) -> float:
        return self.method.presets.datasets["balanced"].rate

    @property
    def _content(self) -> list[Any]:
        """What a source's training depends on besides its examples."""
        of_method = [self.method.name, self.method.own_settings]
        return [surrogate_content(self.surrogate), *of_method, self.source.settings]

    @property
    def _settings(self) -> list[Any]:
        return [self.card.labels, self.card.seeds, self.target.settings]

    def learnt_key(self, project: Project, source: TextSet) -> str:
        """Return the key of what is tuned on a source."""
        return GRAPH["learnt"].key(*self._content, *_content(project, source))

    def pair_keys(self, project: Project, datasets: Mapping[str, TextSet], targets: Iterable[str]) -> dict[Pair, str]:
        """Return the key of what each source is worth for each target, target by target, each alone first.

        Args:
            project: the project.
            datasets: the sources by name, the targets among them.
            targets: names of the targets.
        """
        sources: dict[str | None, str | None] = {None: None}
        sources |= {name: self.learnt_key(project, each) for name, each in datasets.items()}
        settings = [*self._content, *self._settings]
        keys = {}
        for target in targets:
            learnt_by = _content(project, datasets[target])
            for source, learnt in sources.items():
                if source != target:
                    keys[source, target] = GRAPH["measured_transfers"].key(*settings, learnt, *learnt_by)
        return keys


def setup_of(registry: Registry) -> TransferSetup:
    """Return how a project measures transfers.

    Raises:
        UnknownNameError: the learner is no method.
        InputError: it trains nothing.
    """
    card, where = registry.project.transfers, f"{PROJECT_FILE}: transfers.learner"
    if card.learner not in METHODS:
        raise UnknownNameError("method", card.learner, METHODS, where=where)
    method = METHODS[card.learner](Options())
    if not isinstance(method, TunedMethod):
        trains = [name for name, make in METHODS.items() if isinstance(make(Options()), TunedMethod)]
        what = f"{card.learner} trains nothing of the surrogate"
        raise InputError(what, where=where, todo=f"choose one of {', '.join(trains)}")
    return TransferSetup(registry.surrogate, method, card)


def kept_transfers(project: Project, datasets: Mapping[str, TextSet], there: Collection[str]) -> dict[Pair, str]:
    """Return the keys of the transfers that are there.

    Args:
        project: the project.
        datasets: the ingested datasets by name.
        there: keys of all transfers that are there, however they were measured.
    """
    if not there:
        return {}
    keys = setup_of(project.registry).pair_keys(project, datasets, datasets)
    return {pair: key for pair, key in keys.items() if key in there}


def kept_learnt(project: Project, datasets: Mapping[str, TextSet], there: Collection[str]) -> dict[str, str]:
    """Return the keys of what is tuned on each source, where it is there; for the arguments see `kept_transfers`."""
    if not there:
        return {}
    setup = setup_of(project.registry)
    keys = {name: setup.learnt_key(project, dataset) for name, dataset in datasets.items()}
    return {name: key for name, key in keys.items() if key in there}


def _content(project: Project, dataset: TextSet) -> list[Any]:
    """What of a dataset is learnt: its examples, and the order of its classes."""
    return [dataset.content_id, project.registry.datasets[dataset.name].labels]
