"""The ingest flow: sources are read, checked and selected; the corpus last, as it must not hold a test text."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas import progress
from taskatlas.plan.ingestion import is_checked
from taskatlas.plan.items import Source
from taskatlas.plan.plan import Plan
from taskatlas.stages.ingest import counts_of
from taskatlas.tasks import ingest as steps
from taskatlas.tasks import validate
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.lock import project_lock
from taskatlas.tasks.policies import submit


@flow(name="ingest", task_runner=ThreadPoolTaskRunner(max_workers=2))  # type: ignore[arg-type]
def ingest(project: str) -> dict[str, int]:
    """Ingest every dataset and the corpus of a project.

    Args:
        project: folder of the project.

    Returns:
        How many datasets, labelled examples and corpus texts there are.
    """
    with project_lock(project) as plan:
        _read_known(plan)
        _read_and_check(plan)
        progress.expect("select", len(plan.sources), "sources")
        _select(plan, plan.sources[:-1])
        _select(plan, plan.sources[-1:])
        plan.take_text_sets()
    publish_table("ingest", [{"origin": text_set.name, **text_set.counts} for text_set in plan.text_sets])
    return counts_of(plan.text_sets)


def _read_known(plan: Plan) -> None:
    folder, parts = str(plan.project.folder), plan.project.parts
    missing = [(kind, name, key) for kind, name, key in plan.known if not parts.has(kind, key)]
    for read in [submit(steps.read_known, folder=folder, kind=kind, name=name, key=key) for kind, name, key in missing]:
        read.result()


def _read_and_check(plan: Plan) -> None:
    folder, parts, sources = str(plan.project.folder), plan.project.parts, plan.sources
    progress.expect("read", len(sources), "sources")
    progress.expect("validate", len(sources), "sources")
    read = {
        each: submit(steps.read, folder=folder, source=each) for each in sources if not parts.has("rows", each.rows)
    }
    for source in sources:
        if source in read:
            read[source].result()
        progress.advance("read")
    unchecked = [source for source in sources if not is_checked(parts, source)]
    checked = {source: submit(validate.check, folder=folder, source=source) for source in unchecked}
    for source in sources:
        if source in checked:
            checked[source].result()
        progress.advance("validate")


def _select(plan: Plan, sources: Sequence[Source]) -> None:
    parts, folder, ingestion = plan.project.parts, str(plan.project.folder), plan.ingestion
    keys = {source: ingestion.examples_key(source) for source in sources}
    selected = {
        source: submit(steps.select, folder=folder, source=source, key=key, tests=ingestion.tests_beside(source))
        for source, key in keys.items()
        if not parts.has("examples", key)
    }
    for source in sources:
        if source in selected:
            selected[source].result()
        progress.advance("select")
