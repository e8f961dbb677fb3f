"""Forgetting finished work, so that the next run makes it anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.stages import owed, predict
from taskatlas.stages.context import Context, Origin
from taskatlas.stages.spaces import BASES, space_of
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
        StoreError: a run is at work, or what a model or subject owns cannot be told.
    """
    context = Context(folder)
    with one_at_a_time(context.layout.warehouse):
        if names is None:
            return [{"name": "everything", "parts": _forget_all(context)}]
        known, untold = _known(context)
        for name in names:
            if name not in known:
                raise UnknownNameError("dataset, corpus, model or subject", name, known)
            if untold and name not in _origins(context):
                what = f"what it owns cannot be told ({untold.what})"
                todo = "forget the dataset or corpus if one is damaged, and run first: `taskatlas run`"
                raise StoreError(what, where=name, todo=todo)
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


def _origins(context: Context) -> list[str]:
    return [*context.registry.datasets, context.registry.corpus.name]


def _known(context: Context) -> tuple[dict[str, list[tuple[str, str]]], StoreError | None]:
    """(kind, key) of the parts of everything that can be named; what was never run has none.

    Also why those of models and subjects cannot be told, if so: they can depend on examples, and a dataset must be
    forgotten also where its examples are gone or damaged.
    """
    registry = context.registry
    names = [*_origins(context), *registry.models, *(each.name for each in registry.subjects())]
    known: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    try:
        origins = context.origins()
    except StoreError:
        return known, None
    for origin in origins:
        known[origin.name] += _of_origin(origin)
    with suppress(StoreError):  # before the embed stage there are no vectors
        for method in embedded_methods(context):
            for vector in owed.of_datasets(context, space_of(context, method)):
                known[vector.entity] += _of_vector(vector)
    try:
        for name, owned in _of_subjects(context):
            known[name] += owned
    except StoreError as error:
        return known, error
    return known, None


def _of_subjects(context: Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Models and subjects with their parts, in several pieces."""
    for unit in predict.units(context):
        owned = [("predictions", unit.key), *([("scores", unit.scores)] if unit.scores else [])]
        yield from ((name, owned) for name in {unit.subject.name, unit.subject.model.name})
    for method in embedded_methods(context):
        for vector in owed.of_subjects(context, space_of(context, method)):
            yield from ((name, _of_vector(vector)) for name in {vector.entity, vector.entity.partition("/")[0]})


def _of_vector(vector: owed.Vector) -> list[tuple[str, str]]:
    owned = [(kind, vector.key) for kind in ("embeddings", owed.FLAGS)]
    return [*owned, *([(STUDENTS, vector.students)] if vector.students else [])]


def _of_origin(origin: Origin) -> list[tuple[str, str]]:
    checked = [(kind, origin.quality) for kind in ("quality", "quarantine", "good")]
    return [("rows", origin.rows), *checked, ("examples", origin.examples)]
