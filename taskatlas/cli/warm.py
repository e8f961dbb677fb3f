"""Heavy modules, imported while something else waits."""

from __future__ import annotations

import threading
from pathlib import Path

from taskatlas.project.folders import ProjectFolders


def warm_up(folders: ProjectFolders) -> None:
    """Import in the background what a run with something new will need; one without pays for nothing.

    Only a guess, by the times of files: where it is wrong, what is missing is imported when it is needed.
    """
    if _is_newer(folders.folder, folders.state / "publish.json", folders.warehouse):
        threading.Thread(target=_import_checks, daemon=True).start()


def _import_checks() -> None:
    from taskatlas.validate.suites import great_expectations

    great_expectations()


def _is_newer(folder: Path, mark: Path, besides: Path) -> bool:
    """Whether a file of the project changed after the mark was written. What lies below `besides` is not looked at."""
    try:
        since = mark.stat().st_mtime_ns
        tops = [path for path in folder.iterdir() if path != besides]
        files = (path for top in tops for path in (top, *top.rglob("*")))
        return any(path.stat().st_mtime_ns > since for path in files)
    except OSError:
        return True
