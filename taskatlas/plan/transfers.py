"""Transfers: how a project measures them, and which are there, under which keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.embed import METHODS, Options
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import Schedule
from taskatlas.errors import InputError, UnknownNameError
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.identity import weights_content
from taskatlas.registry.registry import Registry
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
        name: `surrogate/learner/` and the first characters of the hash of all that changes a score.
        method: says what of the surrogate is tuned.
        card: the project's.
        content: what a source's training depends on besides its examples, JSON-serialisable.
    """

    name: str
    method: TunedMethod
    card: TransferCard
    content: list[Any]

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

    def learnt_key(self, project: Project, source: TextSet) -> str:
        """Return the key of what is tuned on a source."""
        return GRAPH["learnt"].key(*self.content, *_content(project, source))

    def measured_key(self, project: Project, source: TextSet | None, target: TextSet) -> str:
        """Return the key of what a source is worth for a target."""
        learnt = None if source is None else self.learnt_key(project, source)
        settings = [self.card.labels, self.card.seeds, self.target.settings]
        return GRAPH["measured_transfers"].key(*self.content, *settings, learnt, *_content(project, target))


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
    surrogate = registry.surrogate
    setup = TransferSetup("", method, card, [])
    content = [weights_content(surrogate.weights), method.name, method.own_settings, setup.source.settings]
    whole = GRAPH["learnt"].key(*content, card.labels, card.seeds, setup.target.settings)
    return TransferSetup(f"{surrogate.name}/{card.learner}/{whole[:8]}", method, card, content)


def kept_transfers(project: Project, datasets: Mapping[str, TextSet], there: Collection[str]) -> dict[Pair, str]:
    """Return the keys of the transfers that are there.

    Args:
        project: the project.
        datasets: the ingested datasets by name.
        there: keys of all transfers that are there, however they were measured.
    """
    if not there:
        return {}
    setup = setup_of(project.registry)
    pairs = product([None, *datasets], datasets)
    keys = {
        (source, target): setup.measured_key(project, datasets[source] if source else None, datasets[target])
        for source, target in pairs
        if source != target
    }
    return {pair: key for pair, key in keys.items() if key in there}


def _content(project: Project, dataset: TextSet) -> list[Any]:
    """What of a dataset is learnt: its examples, and the order of its classes."""
    return [dataset.content_id, project.registry.datasets[dataset.name].labels]
