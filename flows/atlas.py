"""The atlas flow: everything from the sources to a new release, where something has changed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from prefect import flow

from taskatlas.flows.benchmark import benchmark
from taskatlas.flows.embed import embed
from taskatlas.flows.ingest import ingest
from taskatlas.flows.predict import predict
from taskatlas.flows.publish import publish
from taskatlas.plan.mending import mended
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.device import choose_device
from taskatlas.stages.lacks import require_work
from taskatlas.stages.publish import standing_release
from taskatlas.stages.validate import check_beforehand
from taskatlas.tasks.heartbeats import one_heartbeat
from taskatlas.tasks.lock import project_lock
from taskatlas.tasks.runs import recorded


@flow(name="atlas")
def atlas(
    project: str,
    methods: list[str] | None = None,
    device: str = "auto",
    agreed: bool = False,
    measure_only: bool = False,
) -> dict[str, Any]:
    """Ingest, predict, embed, benchmark and publish a project.

    Only stages that have something to do run as flows within this one. Finished work that turns out to be damaged is
    made anew.

    Args:
        project: folder of the project.
        methods: names of methods; atlas.yaml's where none are given.
        device: auto, cpu, cuda or mps.
        agreed: whether servers may be asked for more than the `spend_limit` of their cards.
        measure_only: subjects that have not answered the corpus answer test splits alone: they get scores, and no
            vectors and no forecasts.

    Returns:
        The release's name and whether it was created now, what is in it, how many answer sets and vectors were
        computed, the stages before the last that had something to do, and `began_at`: when the flow itself began, in
        seconds of the system's clock.
    """
    with recorded(project) as run:
        opened = Project(Path(project))
        require_work(opened)
        check_beforehand(opened, methods)
        run.device = chosen = choose_device(device)
        computed: Counter[str] = Counter()
        with project_lock(project) as plan, one_heartbeat():
            if measure_only:
                plan.measure_alone()
            ways = {"device": chosen, "agreed": agreed}
            result = mended(plan, lambda: _stages(project, plan, methods, ways, computed))
        done = {"computed": computed.total(), "stages": list(computed)}
        return run.ended({**result, **done, "began_at": run.began_at})


def _stages(
    project: str, plan: Plan, methods: list[str] | None, ways: dict[str, Any], computed: Counter[str]
) -> dict[str, Any]:
    """Run the stages that have something to do, and count what they compute, over all attempts."""
    if not plan.recall_text_sets():
        ingest(project)
        computed["ingest"] += 0
    if not plan.is_answered():
        computed["predict"] += predict(project, **ways)["computed"]
    plan.request_methods(methods)
    if not plan.recall_vectors():
        computed["embed"] += embed(project, methods, ways["device"])["computed"]
    if not plan.is_benchmarked():
        benchmark(project)
        computed["benchmark"] += 0
    return standing_release(plan) or publish(project)
