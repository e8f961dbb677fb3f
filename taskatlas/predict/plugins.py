"""Kinds of model that other packages bring: entry points of the group `taskatlas.models`.

A package's pyproject.toml says `[project.entry-points."taskatlas.models"]` and `shouting = "shouting:KIND"`, with a
`Kind` there; a card with `kind: shouting` is then checked and loaded by it. Importing the module should be cheap, as
every command that reads cards of the kind imports it; what is heavy belongs into `load`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.schemas.modelcard import ModelCard

GROUP = "taskatlas.models"


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Attributes:
        card: its card; its field `kind` is `Literal[name of the entry point]`.
        load: card and `predict.model.Context` → the model, a `predict.model.Model`; raises ModelError.
    """

    card: type[ModelCard]
    load: Callable[[Any, Any], Any]


def names() -> list[str]:
    """Names of the kinds that installed packages bring."""
    return sorted(point.name for point in entry_points(group=GROUP))


def kind_of(name: str) -> Kind | None:
    """The kind of this name, where a package brings one.

    Raises:
        ModelError: the package cannot be imported, two bring it, or what it names is no kind of model.
    """
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        return None
    where = f"kind {name} of {' and '.join(sorted(point.dist.name for point in found if point.dist))}"
    if len(found) > 1:
        raise ModelError("two packages bring it", where=where, todo="uninstall one of them")
    try:
        kind = found[0].load()
    except Exception as error:  # importing runs the package's code, which can raise anything
        what = f"cannot be imported ({type(error).__name__}: {error})"
        raise ModelError(what, where=where, todo="mend or reinstall the package") from error
    if not isinstance(kind, Kind) or not issubclass(kind.card, ModelCard):
        raise ModelError(f"{found[0].value} is no taskatlas.predict.plugins.Kind", where=where, todo="mend the package")
    return kind
