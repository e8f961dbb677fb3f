"""What a run would compute, and what the last one left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.plan.items import SpaceWork
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH, added_stages


def status_of(folder: Path) -> list[dict[str, Any]]:
    """Return, per stage, how many items of work are done and how many are missing, as far as it can be known
    beforehand.

    What later stages miss depends on what the earlier ones make, so a stage behind a missing one is shown as it was
    after the last run.
    """
    plan = Plan(Project(folder))
    plan.project.parts.only_looks = True
    rows = [_ingest(plan)]
    with suppress(StoreError):  # what an earlier stage has not made yet, nobody can count
        rows += _after_ingest(plan) if plan.text_sets else []
    return [*rows, {"stage": "publish", "unit": f"newest release: {_release(plan)}", "done": None, "missing": None}]


def _after_ingest(plan: Plan) -> Iterator[dict[str, Any]]:
    try:
        works = plan.model_works()
    except StoreError:  # demonstrations are of examples that are gone or damaged
        unit = "answer sets and vectors: not known before the examples can be read"
        yield {"stage": "predict", "unit": unit, "done": None, "missing": None}
        return
    total, missing = sum(work.total for work in works), sum(len(work.answer_sets) for work in works)
    yield {"stage": "predict", "unit": "answer sets", "done": total - missing, "missing": missing}
    for method in plan.methods:
        work = _space_work(plan, method)
        if work:
            lacking = len(work.vectors)
            yield {"stage": f"embed {method}", "unit": "vectors", "done": work.total - lacking, "missing": lacking}
        else:
            yield {"stage": f"embed {method}", "unit": "bases", "done": 0, "missing": 1}
    if added_stages():
        yield from _added(plan)


def _space_work(plan: Plan, method: str) -> SpaceWork | None:
    """What is to be made in a space; None where its basis is missing or damaged."""
    try:
        return plan.space_work(method) if plan.is_pinned(method) else None
    except DamagedPartError:
        return None


def _added(plan: Plan) -> Iterator[dict[str, Any]]:
    """Stages that are an entry of the graph, once it is known what they are made from."""
    with suppress(StoreError):
        plan.require_vectors()
        for work in plan.added_works:
            done = plan.is_stored(work)
            stage = GRAPH[work.kind].stage
            yield {"stage": stage, "unit": work.kind, "done": int(done), "missing": int(not done)}


def _release(plan: Plan) -> str:
    try:
        return str(plan.state.read("publish")["release"])
    except (StoreError, KeyError):
        return "none"


def _ingest(plan: Plan) -> dict[str, Any]:
    there = plan.project.parts.keys("rows")
    done = sum(source.rows in there for source in plan.sources)
    return {"stage": "ingest", "unit": "sources", "done": done, "missing": len(plan.sources) - done}
