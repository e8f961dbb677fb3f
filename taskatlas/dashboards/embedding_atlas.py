"""Show the newest release in embedding-atlas, a viewer of its own: `taskatlas dashboard --embedding-atlas`.

It gets the map as it was published, with the neighbours, so it lays out and embeds nothing itself. It needs other
versions of packages than taskatlas, so it is no extra: it is started as a command, wherever that was installed.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import webbrowser
from pathlib import Path
from threading import Thread

import pyarrow.parquet as pq

from taskatlas.dashboards.published import current_stamp, open_release
from taskatlas.errors import StoreError, TaskatlasError

COMMAND = "embedding-atlas"
_STARTS_WITHIN = 120
"""Seconds that it may take to load; it imports torch."""


def show(folder: Path, *, port: int | None, browser: bool) -> None:
    """Serve the newest release's points in embedding-atlas, until it is interrupted.

    Args:
        folder: of the project.
        port: to listen on; by default a free one.
        browser: whether to open one as soon as it can be seen.

    Raises:
        StoreError: there is no release, or none with a map.
        TaskatlasError: embedding-atlas is not installed, or failed; or the port is taken.
    """
    command = shutil.which(COMMAND)
    if command is None:
        todo = f"install it beside taskatlas: `pipx install {COMMAND}`"
        raise TaskatlasError(f"{COMMAND} is not installed", todo=todo)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "atlas.parquet"
        export(folder, file)
        options = ["--x", "x", "--y", "y", "--text", "description", "--neighbors", "neighbors", "--disable-projection"]
        free_port = _free_port(port or 0)
        options += ["--host", "localhost", "--port", str(free_port), "--no-auto-port"]
        if browser:
            Thread(target=_open, args=(free_port,), daemon=True).start()
        code = subprocess.call([command, str(file), *options])  # noqa: S603 - no shell, and nothing of a visitor in it
    if code not in {0, 130, -signal.SIGINT}:
        raise TaskatlasError(f"{COMMAND} ended with code {code}", todo="see what it says above")


def export(folder: Path, file: Path) -> None:
    """Write the newest release's points as Parquet: one row per dataset and subject, as the query says.

    Raises:
        StoreError: there is no release, or none with a map.
    """
    rows = open_release(folder, current_stamp(folder)).query("embedding_atlas").table
    if not rows.num_rows:
        raise StoreError("the newest release has no map", todo="publish one with `taskatlas run`")
    pq.write_table(rows, file)


def _free_port(port: int) -> int:
    """Return the port if it is free; for 0, any that is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError as error:
            raise TaskatlasError(f"port {port} is taken", todo="give another --port") from error
        return int(probe.getsockname()[1])


def _open(port: int) -> None:
    """Open a browser once something listens there."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                webbrowser.open(f"http://localhost:{port}")
                return
        time.sleep(0.5)
