"""The package mteb, which the extra of that name brings: its tasks by their names."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

from taskatlas.errors import TaskatlasError
from taskatlas.installed.extras import needed


@dataclass(frozen=True)
class Mteb:
    """What the package has.

    Attributes:
        version: of the package.
        tasks: all tasks by their names, those included that others supersede.
        current: the names of those that mteb itself takes where nobody names any.
    """

    version: str
    tasks: Mapping[str, Any]
    current: Set[str]


@cache
def load_mteb() -> Mteb:
    """Return the tasks of the installed package. Importing it takes some seconds.

    Raises:
        TaskatlasError: it is not installed, or cannot make its folder.
    """
    try:
        with needed("mteb"):
            import mteb
    except OSError as error:  # it makes a folder for results, which nothing here writes
        what = f"the package mteb cannot make its folder ({error.strerror}: {error.filename})"
        raise TaskatlasError(what, todo="set MTEB_CACHE to a folder that can be written") from error
    logging.getLogger("mteb").setLevel(logging.ERROR)  # it warns of each task in trial, in two ways
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every = mteb.get_tasks(exclude_superseded=False, exclude_beta=False, exclude_private=False)
        current = {task.metadata.name for task in mteb.get_tasks()}
    return Mteb(str(mteb.__version__), {task.metadata.name: task for task in every}, current)
