"""The embed flow: vectors of datasets and subjects in every space, and forecasts."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas.plan.items import SpaceWork
from taskatlas.plan.plan import Plan
from taskatlas.predict.device import choose_device
from taskatlas.stages.neighbors import write_neighbors
from taskatlas.stages.releases import published_bases
from taskatlas.tasks import embed as steps
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.lock import project_lock
from taskatlas.tasks.policies import submit

_SpaceRun = tuple[SpaceWork, PrefectFuture[Any] | None]


# one at a time: the methods share the encoded texts, which the first of them makes
@flow(name="embed", task_runner=ThreadPoolTaskRunner(max_workers=1))  # type: ignore[arg-type]
def embed(project: str, methods: list[str] | None = None, device: str = "auto") -> dict[str, int]:
    """Make the vectors and forecasts that are missing.

    Args:
        project: folder of the project; the predict flow has run there.
        methods: names of methods; atlas.yaml's where none are given.
        device: auto, cpu, cuda or mps.

    Returns:
        How many spaces and vectors there are, and how many vectors were computed now.
    """
    chosen = choose_device(device)
    with project_lock(project) as plan:
        plan.request_methods(methods)
        plan.require_answers()
        spaces = [_embed_space(plan, method, chosen) for method in plan.methods]
        outcomes = [future.result() if future else _nothing(work) for work, future in spaces]
        if any(future for _, future in spaces):
            plan.look_again()
        plan.keep_methods()
        write_neighbors(plan)
    publish_table("embed", outcomes)
    computed = sum(outcome["computed"] for outcome in outcomes)
    return {"spaces": len(spaces), "vectors": sum(outcome["vectors"] for outcome in outcomes), "computed": computed}


def _embed_space(plan: Plan, method: str, device: str) -> _SpaceRun:
    folder = str(plan.project.folder)
    if not plan.is_pinned(method):
        published = published_bases(plan, method)
        submit(steps.pin, folder=folder, method=method, corpus=plan.corpus, device=device, published=published).result()
    work = plan.space_work(method)
    missing = work.vectors or work.seed_check
    return work, submit(steps.embed_space, folder=folder, work=work, device=device) if missing else None


def _nothing(work: SpaceWork) -> dict[str, Any]:
    return {"method": work.method, "vectors": work.total - work.flagged, "flagged": work.flagged, "computed": 0}
