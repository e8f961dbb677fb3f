"""The ingest flow: sources are read, checked and selected; the corpus last, as it must not hold a test text."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas import progress
from taskatlas.plan.items import Source, TextSet
from taskatlas.plan.plan import Plan
from taskatlas.plan.sources import examples_key
from taskatlas.stages import ingest as stage
from taskatlas.stages.validate import is_checked
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
        _read_and_check(plan)
        progress.expect("select", len(plan.sources), "sources")
        datasets = _select(plan, plan.sources[:-1], [])
        text_sets = [*datasets, *_select(plan, plan.sources[-1:], datasets)]
        plan.take_text_sets(text_sets)
    publish_table("ingest", [{"origin": text_set.name, **text_set.counts} for text_set in text_sets])
    return stage.counts_of(text_sets)


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


def _select(plan: Plan, sources: Sequence[Source], tests: Sequence[TextSet]) -> list[TextSet]:
    project, folder = plan.project, str(plan.project.folder)
    keys = {source: examples_key(project, source, tests) for source in sources}
    selected = {
        source: submit(steps.select, folder=folder, source=source, key=key, tests=tests)
        for source, key in keys.items()
        if not project.parts.has("examples", key)
    }
    text_sets = []
    for source, key in keys.items():
        if source in selected:
            selected[source].result()
        text_sets.append(stage.text_set_of(project, source, key))
        progress.advance("select")
    return text_sets
