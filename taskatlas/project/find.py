"""Which project a command or a program works on."""

from __future__ import annotations

import shlex
from pathlib import Path

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.errors import CardError
from taskatlas.project.environment import Environment
from taskatlas.project.starter import write_starter

_SHOWN = 100
"""Characters of a path that cannot be looked at."""


def find_project(folder: Path | None) -> Path:
    """Return the absolute folder of the project to work on.

    The first of these counts: the folder that is named here, TASKATLAS_PROJECT, the current folder where it holds a
    project, and the starter project, which is written to TASKATLAS_HOME the first time.

    Raises:
        CardError: the folder that was named holds no project, or cannot be looked at.

    """
    named = folder or _implied_folder()
    if named is not None:
        try:
            return _checked(named)
        except (OSError, ValueError) as error:  # a name that is too long or holds NUL, or a folder that is closed
            what = f"cannot be looked at ({getattr(error, 'strerror', None) or error})"
            raise CardError(what, where=str(named)[:_SHOWN], todo="name another folder") from error
    starter = _starter_folder()
    if not (starter / PROJECT_FILE).is_file():
        write_starter(starter)
    return starter


def _checked(named: Path) -> Path:
    project = named.expanduser().resolve()
    if not (project / PROJECT_FILE).is_file():
        new = "DIR" if project.exists() and not _is_empty(project) else shlex.quote(str(named))
        what = f"there is no project here ({PROJECT_FILE} is missing)"
        raise CardError(what, where=str(named), todo=f"write one with `taskatlas init {new}`")
    return project


def _is_empty(folder: Path) -> bool:
    """Whether a project can be written into it."""
    return folder.is_dir() and not any(folder.iterdir())


def project_option(folder: Path) -> str:
    """Return how a command that is typed here names a project: ' -p FOLDER', or '' where it finds it by itself.

    Args:
        folder: of the project, absolute.
    """
    if (_implied_folder() or _starter_folder()).expanduser().resolve() == folder:
        return ""
    here = Path.cwd()
    return f" -p {shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))}"


def _implied_folder() -> Path | None:
    """Return the project that is meant where none is named, but for the starter project."""
    return Environment().project or (Path() if Path(PROJECT_FILE).is_file() else None)


def _starter_folder() -> Path:
    return Environment().home.expanduser().resolve() / "starter"
