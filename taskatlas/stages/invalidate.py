"""Forgetting finished work, so that the next run makes it anew."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.stages import owed, predict
from taskatlas.stages.context import Context, Origin
from taskatlas.stages.spaces import BASES
from taskatlas.stages.students import STUDENTS
from taskatlas.stages.vectors import embedded_methods
from taskatlas.store.turn import one_at_a_time


def forget(folder: Path, names: Sequence[str] | None) -> list[dict[str, Any]]:
    """Remove the parts of datasets, corpora, models or subjects, or all parts.

    Releases stay as they are, and so do the bases of spaces: without them nothing could be compared over time.

    Args:
        folder: the project's folder.
        names: what to forget; None forgets everything.

    Returns:
        Per name, how many parts were removed.

    Raises:
        UnknownNameError: a name that is on no card.
        StoreError: a run is at work.
    """
    context = Context(folder)
    with one_at_a_time(context.layout.warehouse):
        if names is None:
            return [{"name": "everything", "parts": _forget_all(context)}]
        known = _known(context)
        for name in names:
            if name not in known:
                raise UnknownNameError("dataset, corpus, model or subject", name, known)
        return [{"name": name, "parts": _forget(context, known[name])} for name in names]


def _forget_all(context: Context) -> int:
    removed = 0
    for kind in sorted(context.parts.root.glob("*")):
        if kind.name != BASES:
            removed += sum(1 for _ in kind.iterdir())
            shutil.rmtree(kind)
    return removed


def _forget(context: Context, owned: Sequence[tuple[str, str]]) -> int:
    there = [(kind, key) for kind, key in owned if context.parts.has(kind, key)]
    for kind, key in there:
        context.parts.remove(kind, key)
    return len(there)


def _known(context: Context) -> dict[str, list[tuple[str, str]]]:
    """(kind, key) of the parts of everything that can be named; what was never run has none."""
    registry = context.registry
    names = [*registry.datasets, registry.corpus.name, *registry.models, *(each.name for each in registry.subjects())]
    known: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    try:
        origins = context.origins()
    except StoreError:
        return known
    for origin in origins:
        known[origin.name] += _of_origin(origin)
    for unit in predict.units(context):
        for name in {unit.subject.name, unit.subject.model.name}:
            known[name] += [("predictions", unit.key), *([("scores", unit.scores)] if unit.scores else [])]
    for method in embedded_methods(context):
        for vector in owed.plan(context, method).vectors:
            owned = [(kind, vector.key) for kind in ("embeddings", owed.FLAGS)]
            owned += [(STUDENTS, vector.students)] if vector.students else []
            for name in {vector.entity, vector.entity.partition("/")[0]}:
                known[name] += owned
    return known


def _of_origin(origin: Origin) -> list[tuple[str, str]]:
    checked = [(kind, origin.quality) for kind in ("quality", "quarantine", "good")]
    return [("rows", origin.rows), *checked, ("examples", origin.examples)]
