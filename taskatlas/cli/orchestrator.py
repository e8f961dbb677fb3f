"""Running the atlas flow in this process.

The flow is found by its entry point, so that taskatlas itself imports neither Prefect nor the layers above it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from taskatlas.errors import TaskatlasError
from taskatlas.project.settings import Layout
from taskatlas.store.atomic import make_folder

Flow = Callable[..., dict[str, Any]]


def load_flow(name: str, layout: Layout, *, verbose: bool) -> Flow:
    """The flow of this name, ready to be called.

    Without PREFECT_API_URL Prefect starts a server of its own for the run, whose database lies in the project.

    Raises:
        TaskatlasError: taskatlas is not installed whole.
    """
    prepare_environment(layout, verbose=verbose)
    found = list(entry_points(group="taskatlas.flows", name=name))
    if not found:
        raise TaskatlasError(f"the flow {name!r} is not installed", todo="install taskatlas with pip")
    flow: Flow = found[0].load()
    logging.getLogger("prefect.flow_runs").addFilter(_in_one_line)
    return _without_server_faults(flow)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Take the traceback of a person's mistake from Prefect's log: every flow that it passes would show it again."""
    if record.exc_info and isinstance(record.exc_info[1], TaskatlasError):
        record.exc_info = None
    return True


def _without_server_faults(flow: Flow) -> Flow:
    def run(**parameters: Any) -> dict[str, Any]:
        try:
            return flow(**parameters)
        except RuntimeError as error:
            if "Prefect API server" not in str(error):
                raise
            todo = "run again, or give the address of a server in PREFECT_API_URL; -v shows why"
            raise TaskatlasError("Prefect's temporary server did not start", todo=todo) from error

    return run


def prepare_environment(layout: Layout, *, verbose: bool) -> None:
    """Set what Prefect reads when it is imported. What the user has set already stays."""
    chosen = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO" if verbose else "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING" if verbose else "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    }
    if "PREFECT_API_URL" not in os.environ:
        chosen["PREFECT_HOME"] = str(layout.prefect_home)
        make_folder(layout.prefect_home)  # or Prefect would wait two minutes for a server that cannot start
    for name, value in chosen.items():
        os.environ.setdefault(name, value)
