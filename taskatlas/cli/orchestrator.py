"""Running the atlas flow in this process.

The flow is found by its entry point, so that the commands import neither Prefect nor the layers above them. Where no
server is named in PREFECT_API_URL, one is started for the run, and modules are loaded while it starts.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from taskatlas.cli.bars import Bars
from taskatlas.cli.server import server_for
from taskatlas.cli.warm import warm_up
from taskatlas.errors import TaskatlasError
from taskatlas.installed.groups import Group
from taskatlas.progress import shown_by
from taskatlas.project.folders import ProjectFolders
from taskatlas.store.atomic import make_folder

if TYPE_CHECKING:
    from taskatlas.plan.project import Project

Flow = Callable[..., dict[str, Any]]
_FLOWS = Group("taskatlas.flows", "flow", "flow")


def run_flow(
    project: Project,
    methods: Sequence[str] | None,
    device: str,
    log: Console,
    *,
    agreed: bool,
    measure_only: bool,
    verbose: bool,
) -> tuple[dict[str, Any], float]:
    """Run the atlas flow of a project and show how far it is.

    Args:
        project: the project; it was checked.
        methods: names of methods; None: the project's own.
        device: as in `predict.device.choose_device`.
        log: where progress is shown.
        agreed: whether servers may be asked for more than the `spend_limit` of their cards.
        measure_only: subjects that have not answered the corpus answer test splits alone.
        verbose: whether Prefect's log is shown.

    Returns:
        What the flow returns, and how many seconds were spent waiting for Prefect.

    Raises:
        TaskatlasError: as the flow, or the device is not there, or Prefect's server does not start.
    """
    from taskatlas.predict.device import choose_device
    from taskatlas.stages.runs import recorded

    prepare_environment(project.folders, verbose=verbose)
    with server_for(project.folders.prefect_home) as server:
        with recorded(project.folder):
            chosen = choose_device(device)
        log.print(Text(f"project    {project.folder}\ndevice     {chosen}"), soft_wrap=True)
        log.print("Prefect starts its server ..." if server else "Prefect's server is there.", style="dim")
        flow = load_flow("atlas")
        warm_up(project.folders)
        called = time.time()
        if server:
            server.wait()
        with Bars(log) as bars, shown_by(bars):
            ways = {"device": chosen, "agreed": agreed, "measure_only": measure_only}
            result = flow(project=str(project.folder), methods=methods, **ways)
        return result, result.pop("began_at") - called


def load_flow(name: str) -> Flow:
    """Return the flow of this name, ready to be called. The environment is prepared, as Prefect reads it now.

    Raises:
        TaskatlasError: taskatlas is not installed whole, or the flow's package is broken.
    """
    flow: Flow | None = _FLOWS.find(name)
    if flow is None:
        raise TaskatlasError(f"the flow {name!r} is not installed", todo="install taskatlas with pip")
    logging.getLogger("prefect.flow_runs").addFilter(_in_one_line)
    return flow


def _in_one_line(record: logging.LogRecord) -> bool:
    """Take the traceback of a person's mistake from Prefect's log: every flow that it passes would show it again."""
    if record.exc_info and isinstance(record.exc_info[1], TaskatlasError):
        record.exc_info = None
    return True


def prepare_environment(folders: ProjectFolders, *, verbose: bool) -> None:
    """Set what Prefect reads when it is imported. What the user has set already stays."""
    settings = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO" if verbose else "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING" if verbose else "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    }
    if "PREFECT_API_URL" not in os.environ:
        settings["PREFECT_HOME"] = str(folders.prefect_home)
        make_folder(folders.prefect_home)
    for name, value in settings.items():
        os.environ.setdefault(name, value)
