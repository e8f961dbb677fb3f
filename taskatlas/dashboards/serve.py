"""Serve the dashboard: `taskatlas dashboard`."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from taskatlas.errors import TaskatlasError

APP = Path(__file__).with_name("app.py")
_LOADED_FIRST = ("taskatlas.dashboards.figures", "taskatlas.dashboards.own_texts")
"""Modules that take seconds to import: the server waits for them, or its first visitor would."""


def serve(folder: Path, *, port: int | None, browser: bool) -> None:
    """Serve the dashboard of a project on this machine alone, until it is interrupted.

    Args:
        folder: of the project; it need not have a release yet.
        port: to listen on; by default 8501, or the next free one.
        browser: whether to open one.

    Raises:
        TaskatlasError: the port is taken.
    """
    from streamlit.web.cli import main

    for name in _LOADED_FIRST:
        with suppress(ModuleNotFoundError):  # own texts need the extra `run`; their page says so
            import_module(name)
    os.environ["TASKATLAS_PROJECT"] = str(folder)
    options = ["--server.address=localhost", f"--server.headless={'false' if browser else 'true'}"]
    if port is not None:
        options.append(f"--server.port={port}")
    try:
        main(["run", str(APP), *options], standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            what = f"the dashboard cannot be served at port {port}" if port else "the dashboard cannot be served"
            raise TaskatlasError(what, todo="give another --port; what Streamlit says stands above") from ended
