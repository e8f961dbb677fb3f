"""The publish flow: what the stages left becomes a release, whole or not at all."""

from __future__ import annotations

from typing import Any

from prefect import flow

from taskatlas.tasks import publish as steps
from taskatlas.tasks.artifacts import publish_note
from taskatlas.tasks.lock import project_lock


@flow(name="publish")
def publish(project: str) -> dict[str, Any]:
    """Publish a release, where something has changed, and rebuild the catalog.

    Args:
        project: folder of the project; the embed flow has run there.

    Returns:
        The release's name, whether it was created now, and what is in it.
    """
    with project_lock(project) as plan:
        result = steps.release(plan)  # in this thread, where a signal ends it
        name = plan.project.registry.project.name
    counts = "\n".join(f"| {what} | {count} |" for what, count in result["counts"].items())
    verb = "published" if result["created"] else "unchanged"
    publish_note("release", f"# {name} {result['release']}: {verb}\n\n| what | how many |\n| --- | --- |\n{counts}")
    return result
