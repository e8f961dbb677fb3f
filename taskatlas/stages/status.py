"""What a run would compute, and what the last one left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.plan.items import ModelWork, SpaceWork
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
    return [*rows, _publish(plan, is_done=not any(row["missing"] for row in rows))]


def _after_ingest(plan: Plan) -> Iterator[dict[str, Any]]:
    try:
        works = plan.model_works()
    except StoreError:  # demonstrations are of examples that are gone or damaged
        unit = "answer sets and vectors: not known before the examples can be read"
        yield {"stage": "predict", "unit": unit, "done": None, "missing": None}
        return
    total, missing = sum(work.total for work in works), sum(len(work.answer_sets) for work in works)
    yield {"stage": "predict", "unit": "answer sets", "done": total - missing, "missing": missing}
    if of_servers := _of_servers(plan, works):
        yield {"stage": "predict", "unit": "answers of servers, at most", "done": None, "missing": of_servers}
    for method in plan.methods:
        work = _space_work(plan, method)
        if work:
            lacking = len(work.vectors)
            yield {"stage": f"embed {method}", "unit": "vectors", "done": work.total - lacking, "missing": lacking}
        else:
            yield {"stage": f"embed {method}", "unit": "bases", "done": 0, "missing": 1}
    if added_stages():
        yield from _added(plan)


def _of_servers(plan: Plan, works: Iterable[ModelWork]) -> int:
    """How many answers servers owe, but for those of which single ones are there already: these are not read here."""
    sizes = {(each.kind, each.name): each.n_answered for each in plan.text_sets}
    models = plan.project.registry.models
    of_servers = (work for work in works if not models[work.model].computes_here)
    return sum(sizes[each.text_set] for work in of_servers for each in work.answer_sets)


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


def _publish(plan: Plan, *, is_done: bool) -> dict[str, Any]:
    """Whether the newest release is what the stages have left. What they are still to make may change it or not."""
    newest: dict[str, Any] = {}
    with suppress(StoreError):
        newest = plan.state.read("publish")
    unit = f"newest release: {newest.get('release', 'none')}"
    row = {"stage": "publish", "unit": unit, "done": None, "missing": None}
    with suppress(StoreError):
        if is_done and plan.is_benchmarked():
            done = newest.get("release_id") == plan.release_id
            return row | {"done": int(done), "missing": int(not done)}
    return row


def _ingest(plan: Plan) -> dict[str, Any]:
    there = plan.project.parts.keys("rows")
    done = sum(source.rows in there for source in plan.sources)
    return {"stage": "ingest", "unit": "sources", "done": done, "missing": len(plan.sources) - done}
