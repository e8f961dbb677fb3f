"""What a project has none of yet, told with the command that adds it."""

from __future__ import annotations

from taskatlas import progress
from taskatlas.errors import CardError
from taskatlas.plan.project import Project
from taskatlas.project.find import project_option
from taskatlas.registry.lacking import lacking


def require_work(project: Project) -> None:
    """Check that a run has something to do.

    Raises:
        CardError: there is neither a dataset nor a subject.
    """
    registry = project.registry
    if not registry.datasets and not registry.subjects():
        first, *_ = lacking(registry)
        todo = f"add one with `taskatlas {first.command}{project_option(project.folder)}`"
        raise CardError(f"{first.what}, and nobody to ask", where=registry.project.name, todo=todo)


def tell_lacks(project: Project) -> None:
    """Note what a recommendation would need, and is not there."""
    for lack in lacking(project.registry):
        progress.note(f"{lack.what}: `taskatlas {lack.command}{project_option(project.folder)}`")
