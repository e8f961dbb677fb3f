"""The embed flow: vectors of datasets and subjects in every space, and forecasts."""

from __future__ import annotations

from pathlib import Path

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas.predict.device import choose_device
from taskatlas.stages import vectors
from taskatlas.stages.context import Context
from taskatlas.stages.owed import plan
from taskatlas.stages.ready import require_answers
from taskatlas.stages.spaces import is_pinned, space_of, wanted_methods
from taskatlas.tasks import embed as steps
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.policies import submit
from taskatlas.tasks.turns import turn


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
    context, chosen = Context(Path(project)), choose_device(device)
    wanted = wanted_methods(context, methods)
    futures = []
    with turn(project):
        require_answers(context)
        for method in wanted:
            parameters = {"folder": project, "method": method, "device": chosen}
            space = space_of(context, method)
            pinned = is_pinned(context, space)
            submit(steps.pin, missing=not pinned, **parameters, key=space.space_id).result()
            owed = plan(context, method)
            future = submit(steps.embed_method, missing=owed.missing, **parameters, key=owed.key)
            futures.append((owed.missing, future))
        made = [(missing, future.result()) for missing, future in futures]
        vectors.finish(context, wanted)
    publish_table("embed", [found for _, found in made])
    computed = sum(found["computed"] for missing, found in made if missing)
    return {"spaces": len(made), "vectors": sum(found["vectors"] for _, found in made), "computed": computed}
