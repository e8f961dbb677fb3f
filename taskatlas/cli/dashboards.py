# ruff: noqa: ARG001 - --verbose is read by its callback
"""The commands that show a release: the dashboard and the report. Both need the extra `dashboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Project, Verbose, out
from taskatlas.errors import TaskatlasError
from taskatlas.installed.groups import Group
from taskatlas.project.find import find_project

_APPS = Group("taskatlas.apps", "app", "function", extra="dashboard")


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
    written = _app("report")(find_project(project), output, release)
    out.print(Text(f"Release {written} is in {output}."), soft_wrap=True)


def _app(name: str) -> Any:
    """Load an app over a release by its entry point: this room imports no dashboard."""
    app_of_release = _APPS.find(name)
    if app_of_release is None:
        raise TaskatlasError(f"the app {name!r} is not installed", todo="install taskatlas with pip")
    return app_of_release
