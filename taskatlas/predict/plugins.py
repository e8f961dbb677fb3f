"""Kinds of model that other packages bring: entry points of the group `taskatlas.models`, each the name of a `Kind`.

A card with `kind: shouting` is then checked and loaded by the kind of that name. Importing its module should be cheap,
as every command that reads cards of the kind imports it; what is heavy belongs into `load`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.installed.groups import Group
from taskatlas.schemas.modelcard import ModelCard


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Attributes:
        card: its card; its field `kind` is `Literal[name of the entry point]`.
        load: card and `taskatlas.ModelContext` → the model, a `predict.model.Model`; raises ModelError.
    """

    card: type[ModelCard]
    load: Callable[[Any, Any], Any]


def _is_kind(_: str, loaded: Any) -> bool:
    return isinstance(loaded, Kind) and issubclass(loaded.card, ModelCard)


BROUGHT = Group("taskatlas.models", "kind", "taskatlas.Kind", _is_kind, ModelError)


def kind_of(name: str) -> Kind | None:
    """Return the kind of this name, or None where no package brings one.

    Raises:
        ModelError: the package cannot be loaded, two bring it, or what it names is no kind of model.
    """
    kind: Kind | None = BROUGHT.find(name)
    return kind
