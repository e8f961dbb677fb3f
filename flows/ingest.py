"""The ingest flow: sources are read, checked and selected; the corpus last, as it must not hold a test text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from taskatlas import progress
from taskatlas.stages import ingest as stage
from taskatlas.stages import validate as checks
from taskatlas.stages.context import Context, Origin
from taskatlas.tasks import ingest as steps
from taskatlas.tasks import validate
from taskatlas.tasks.artifacts import publish_table
from taskatlas.tasks.policies import submit
from taskatlas.tasks.turns import turn


@flow(name="ingest", task_runner=ThreadPoolTaskRunner(max_workers=2))  # type: ignore[arg-type]
def ingest(project: str) -> dict[str, int]:
    """Ingest every dataset and the corpus of a project.

    Args:
        project: folder of the project.

    Returns:
        How many datasets, labelled examples and corpus texts there are.
    """
    context = Context(Path(project))
    names = [("dataset", name) for name in context.registry.datasets]
    with turn(project):
        checked = _read_and_check(context, [*names, ("corpus", context.registry.corpus.name)])
        progress.expect("select", len(checked), "sources")
        datasets = [Origin(**found) for found in _select(context, checked[:-1], [])]
        corpus = _select(context, checked[-1:], datasets)
        counts = stage.finish(context, [*(vars(origin) for origin in datasets), *corpus])
    publish_table("ingest", [{"origin": origin.name, **origin.counts} for origin in context.origins()])
    return counts


def _read_and_check(context: Context, names: list[tuple[str, str]]) -> list[dict[str, Any]]:
    folder, parts = str(context.folder), context.parts
    progress.expect("read", len(names), "sources")
    progress.expect("validate", len(names), "sources")
    keys = {name: stage.rows_key(context, *name) for name in names}
    reading = [
        submit(steps.read, missing=not parts.has("rows", key), folder=folder, kind=kind, name=name, key=key)
        for (kind, name), key in keys.items()
    ]
    for future in reading:
        future.result()
        progress.advance("read")
    checking = []
    for (kind, name), rows in keys.items():
        key = checks.check_key(context, kind, name, rows)
        parameters = {"folder": folder, "kind": kind, "name": name, "rows": rows, "key": key}
        checking.append(submit(validate.check, missing=not checks.is_checked(context, key), **parameters))
    checked = []
    for future, ((kind, name), rows) in zip(checking, keys.items(), strict=True):
        checked.append({"kind": kind, "name": name, "rows": rows, "quality": future.result()["quality"]})
        progress.advance("validate")
    return checked


def _select(context: Context, checked: list[dict[str, Any]], tests: list[Origin]) -> list[dict[str, Any]]:
    selecting = []
    for origin in checked:
        key = stage.examples_key(context, origin["kind"], origin["name"], origin["quality"], tests)
        parameters = {**origin, "folder": str(context.folder), "key": key, "tests": [vars(test) for test in tests]}
        missing = not context.parts.has("examples", key)
        selecting.append(submit(steps.select, missing=missing, **parameters))
    selected = []
    for future in selecting:
        selected.append(future.result())
        progress.advance("select")
    return selected
