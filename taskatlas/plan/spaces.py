"""Spaces: which methods a run is asked for, and the space that each makes with the project's surrogate and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import Axes, Method
from taskatlas.embed.tuned.schedule import Tuning
from taskatlas.errors import UnknownNameError
from taskatlas.predict.identity import surrogate_content
from taskatlas.registry.registry import Registry
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.graph import GRAPH


@dataclass(frozen=True)
class Space:
    """A surrogate with a method and its settings; only vectors of one space may be compared.

    Attributes:
        name: `surrogate/method/` and the first characters of its id.
        space_id: content hash of the surrogate, as its card says, the method and its settings; the key of its basis.
    """

    name: str
    space_id: str
    method: Method


def requested_methods(registry: Registry, names: Sequence[str] | None = None) -> list[str]:
    """Return the methods that a run is asked for, else those of the project's card; each once and in their order.

    Raises:
        UnknownNameError: a name that is no method's.
    """
    methods, where = (names, "") if names else (registry.project.methods, f"{PROJECT_FILE}: methods")
    for name in methods:
        if name not in METHODS:
            raise UnknownNameError("method", name, METHODS, where=where)
    return list(dict.fromkeys(methods))


def space_of(registry: Registry, method: str) -> Space:
    """Return the space that a method makes with the project's surrogate and settings."""
    project, surrogate = registry.project, registry.surrogate
    tuning = Tuning(**project.tuning.of_vectors, seed=project.seed)
    chosen = METHODS[method](Options(Axes(project.input_axes, project.output_axes), tuning))
    space_id = space_id_of(surrogate, chosen)
    return Space(f"{surrogate.name}/{method}/{space_id[:8]}", space_id, chosen)


def space_id_of(surrogate: SurrogateCard, method: Method) -> str:
    """Return the content hash of the surrogate, as its card says, the method and its settings."""
    return GRAPH["bases"].key(surrogate_content(surrogate), method.name, method.settings)
