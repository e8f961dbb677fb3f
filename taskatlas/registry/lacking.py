"""What a project has none of yet, so that there would be nothing to ask, or nobody to ask."""

from __future__ import annotations

from typing import NamedTuple

from taskatlas.registry.registry import Registry


class Lack(NamedTuple):
    """One thing that a project has none of.

    Attributes:
        what: in words, without a full stop.
        command: what to type, without `taskatlas` and without the project.
    """

    what: str
    command: str


def lacking(registry: Registry) -> list[Lack]:
    """Return what a project lacks for a recommendation: datasets, models, and prompts for models that take some."""
    lacks = []
    if not registry.datasets:
        lacks.append(Lack("there is no dataset yet", "add dataset FILE"))
    if not registry.models:
        lacks.append(Lack("there is no model yet", "add endpoint URL"))
    if not registry.prompts and not (registry.models and registry.subjects()):
        only = f" --dataset {next(iter(registry.datasets))}" if len(registry.datasets) == 1 else ""
        lacks.append(Lack("there are no prompts yet", f"import prompts FILE{only}"))
    return lacks
