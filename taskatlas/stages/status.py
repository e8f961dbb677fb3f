"""What a run would compute, and what the last one left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError
from taskatlas.stages import ingest, predict
from taskatlas.stages.context import Context
from taskatlas.stages.owed import plan
from taskatlas.stages.vectors import embedded_methods


def status_of(folder: Path) -> list[dict[str, Any]]:
    """Per stage, how many units of work are done and how many are missing, as far as it can be known beforehand.

    What later stages owe depends on what the earlier ones make, so a stage behind a missing one is shown as it was
    after the last run.
    """
    context = Context(folder)
    rows = [_ingest(context)]
    with suppress(StoreError):  # what an earlier stage has not made yet, nobody can count
        context.origins()
        rows += _after_ingest(context)
    return [*rows, {"stage": "publish", "unit": f"newest release: {_release(context)}", "done": None, "missing": None}]


def _after_ingest(context: Context) -> Iterator[dict[str, Any]]:
    try:
        owed = predict.units(context)
    except StoreError:  # demonstrations are of examples that are gone or damaged
        unit = "answer sets and vectors: not known before the examples can be read"
        yield {"stage": "predict", "unit": unit, "done": None, "missing": None}
        return
    missing = len(predict.missing(context, owed))
    yield {"stage": "predict", "unit": "answer sets", "done": len(owed) - missing, "missing": missing}
    for method in embedded_methods(context):
        space = plan(context, method)
        lacking = len(space.todo)
        done = len(space.vectors) - lacking
        yield {"stage": f"embed {method}", "unit": "vectors", "done": done, "missing": lacking}


def _release(context: Context) -> str:
    try:
        return str(context.read_state("publish")["release"])
    except StoreError:
        return "none"


def _ingest(context: Context) -> dict[str, Any]:
    registry = context.registry
    origins = [*(("dataset", name) for name in registry.datasets), ("corpus", registry.corpus.name)]
    done = sum(context.parts.has("rows", ingest.rows_key(context, kind, name)) for kind, name in origins)
    return {"stage": "ingest", "unit": "sources", "done": done, "missing": len(origins) - done}
