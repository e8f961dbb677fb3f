"""Forgetting finished work, so that the next run makes it anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.plan.ingestion import CHECKED
from taskatlas.plan.items import TextSet, Vector
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.sources import names_of
from taskatlas.schemas.graph import GRAPH, sharing_key
from taskatlas.store.project_lock import project_lock

_Owned = list[tuple[str, str]]
"""(kind, key) of parts."""


def forget(folder: Path, names: Sequence[str] | None, *, paid: bool = False) -> list[dict[str, Any]]:
    """Remove the parts of datasets, corpora, models or subjects, or all parts.

    Releases stay as they are. The bases of spaces stay, as without them nothing could be compared over time, but for
    that of a space which is named. What servers answered stays, as it was paid for.

    Args:
        folder: the project's folder.
        names: what to forget; None forgets everything.
        paid: whether what servers answered is forgotten, too. Only with everything.

    Returns:
        Per name, how many parts were removed.

    Raises:
        UnknownNameError: a name that is on no card.
        StoreError: a run is at work, or what a model or subject owns cannot be told.
    """
    plan = Plan(Project(folder))
    with project_lock(plan.project.folders.warehouse):
        if names is None:
            return [{"name": "everything", "parts": _forget_all(plan.project, paid=paid)}]
        spaces = _spaces(plan)
        owned, untold = _owned(plan)
        known = {**owned, **{space: [("bases", space_id)] for space, space_id in spaces.items()}}
        always = {name for _, name in names_of(plan.project)} | spaces.keys()
        for name in names:
            if name not in known:
                raise UnknownNameError("dataset, corpus, model, subject or space", name, known)
            if untold and name not in always:
                what = f"what it owns cannot be told ({untold.what})"
                todo = "run first: `taskatlas run` makes anew what is damaged or gone"
                raise StoreError(what, where=name, todo=todo)
        if space_ids := [spaces[name] for name in names if name in spaces]:
            plan.renew_spaces(space_ids)
        return [{"name": name, "parts": _forget(plan.project, known[name])} for name in names]


def _spaces(plan: Plan) -> dict[str, str]:
    """Name → id of the spaces of the last run, or of the project's card."""
    with suppress(StoreError):
        return {space.name: space.space_id for space in plan.spaces.values()}
    plan.request_methods(None)
    return {space.name: space.space_id for space in plan.spaces.values()}


def _forget_all(project: Project, *, paid: bool) -> int:
    removed = 0
    for folder in sorted(project.parts.root.glob("*")):
        kind = GRAPH.get(folder.name)
        if kind is None or not (kind.pinned or (kind.paid and not paid)):
            removed += sum(1 for _ in folder.iterdir())
            shutil.rmtree(folder)
    return removed


def _forget(project: Project, owned: Iterable[tuple[str, str]]) -> int:
    there = [(kind, key) for kind, key in owned if project.parts.has(kind, key)]
    for kind, key in there:
        project.parts.remove(kind, key)
    return len(there)


def _owned(plan: Plan) -> tuple[dict[str, _Owned], StoreError | None]:
    """The parts of everything that can be named; what was never run has none.

    Also why those of models and subjects cannot be told, if so: they can depend on examples, and a dataset must be
    forgotten also where its examples are gone or damaged.
    """
    registry = plan.project.registry
    names = [*(name for _, name in names_of(plan.project)), *registry.models, *plan.project.subjects]
    owned: dict[str, _Owned] = {name: [] for name in names}
    try:
        text_sets = plan.text_sets
    except StoreError:
        return owned, None
    for text_set in text_sets:
        owned[text_set.name] += _of_text_set(text_set)
    untold = None
    try:
        for answers in plan.all_answer_sets:
            parts = [("predictions", key) for key in (answers.key, *answers.earlier)]
            parts += [("scores", answers.scores)] if answers.scores else []
            for name in {answers.subject, answers.model}:
                owned[name] += parts
        for (subject, dataset), keys in plan.tried.items():
            for name in {subject, subject.partition("/")[0], dataset}:
                owned[name] += [("tried", key) for key in keys]
    except StoreError as error:
        untold = error
    for pair, key in plan.transfers.items():
        for name in filter(None, pair):
            owned[name] += [("measured_transfers", key)]
    for name, key in plan.learnt.items():
        owned[name] += [("learnt", key)]
    with suppress(StoreError):  # before the embed stage there are no vectors
        for vector in _vectors(plan, datasets_only=untold is not None):
            for name in {vector.entity, vector.entity.partition("/")[0]}:
                owned[name] += _of_vector(vector)
    return owned, untold


def _vectors(plan: Plan, *, datasets_only: bool) -> Iterator[Vector]:
    for method in plan.methods:
        if plan.is_pinned(method):
            yield from plan.dataset_vectors(method) if datasets_only else plan.space_plan(method).vectors


def _of_vector(vector: Vector) -> _Owned:
    owned = [(kind, vector.key) for kind in sharing_key("embeddings")]
    return [*owned, *([("raw_forecasts", vector.raw_forecasts)] if vector.raw_forecasts else [])]


def _of_text_set(text_set: TextSet) -> _Owned:
    checked = [(kind, text_set.quality) for kind in CHECKED]
    return [("rows", text_set.rows), *checked, ("examples", text_set.examples)]
