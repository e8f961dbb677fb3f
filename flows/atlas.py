"""The atlas flow: everything from the sources to a new release, where something has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from taskatlas.flows.benchmark import benchmark
from taskatlas.flows.embed import embed
from taskatlas.flows.ingest import ingest
from taskatlas.flows.predict import predict
from taskatlas.flows.publish import publish
from taskatlas.predict.device import choose_device
from taskatlas.stages.context import Context
from taskatlas.stages.validate import check_beforehand
from taskatlas.tasks.runs import recorded
from taskatlas.tasks.turns import turn


@flow(name="atlas")
def atlas(project: str, methods: list[str] | None = None, device: str = "auto") -> dict[str, Any]:
    """Ingest, predict, embed, benchmark and publish a project.

    Args:
        project: folder of the project.
        methods: names of methods; atlas.yaml's where none are given.
        device: auto, cpu, cuda or mps.

    Returns:
        The release's name and whether it was created now, what is in it, how many units were computed, and
        `began_at`: when the flow itself began, in seconds of the system's clock.
    """
    with recorded(project) as run:
        check_beforehand(Context(Path(project)), methods)
        run.device = chosen = choose_device(device)
        with turn(project):
            ingest(project)
            answered = predict(project, chosen)
            embedded = embed(project, methods, chosen)
            benchmark(project)
            published = publish(project)
        computed = answered["computed"] + embedded["computed"]
        return run.ended({**published, "computed": computed, "began_at": run.began_at})
