"""Stages that are an entry of the graph: the function that it names makes the part."""

from __future__ import annotations

from importlib import import_module

from taskatlas import progress
from taskatlas.errors import StoreError
from taskatlas.plan.items import AddedWork
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH


def make(project: Project, work: AddedWork) -> None:
    """Make the part of a stage that was added by an entry of the graph.

    Raises:
        StoreError: the entry names no function.
    """
    kind = GRAPH[work.kind]
    module, _, name = kind.function.partition(":")
    try:
        make_rows = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        todo = "mend function in schemas/graph.py"
        raise StoreError(f"{kind.function!r} is no function", where=f"stage {kind.stage}", todo=todo) from error
    progress.expect(kind.stage, 1, "part")
    project.parts.write(work.kind, work.key, make_rows(project, work.inputs))
    progress.advance(kind.stage)
