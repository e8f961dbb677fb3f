# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands that show a release: the dashboard and the report. Both need the extra `dashboard`."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Project, Verbose, out
from taskatlas.errors import TaskatlasError
from taskatlas.project.settings import find_project


def dashboard(
    project: Project = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on. Default: 8501, or the next free one.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    embedding_atlas: Annotated[
        bool, typer.Option("--embedding-atlas", help="Open the release's vectors in embedding-atlas instead.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Open the dashboard of the published releases; a new one appears in it without a restart."""
    show = _app("embedding-atlas" if embedding_atlas else "dashboard")
    show(find_project(project), port=port, browser=not no_browser)


def report(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The HTML file to write.")],
    release: Annotated[str | None, typer.Option(help="Which release. Default: the newest.")] = None,
    project: Project = None,
    verbose: Verbose = False,
) -> None:
    """Write one HTML file that shows a release without a server or network, for mail and archives."""
    shown = _app("report")(find_project(project), output, release)
    out.print(Text(f"Release {shown} is in {output}."), soft_wrap=True)


def _app(name: str) -> Any:
    """An app over a release, found by its entry point: taskatlas itself imports no layer above it."""
    found = list(entry_points(group="taskatlas.apps", name=name))
    if not found:
        raise TaskatlasError(f"the app {name!r} is not installed", todo="install taskatlas with pip")
    try:
        return found[0].load()
    except ModuleNotFoundError as error:
        todo = "install it with `pip install 'taskatlas[dashboard]'`"
        raise TaskatlasError(f"the package {error.name} is not installed", todo=todo) from error
