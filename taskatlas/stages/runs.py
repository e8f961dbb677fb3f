"""Runs: each run of the whole flow leaves a row that says when it was, how long it took and how it ended.

Nothing of that may get in a run's way: where its row cannot be written the run ends as it would have. A process that is
killed leaves none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError, TaskatlasError
from taskatlas.plan.state import State
from taskatlas.project.folders import ProjectFolders
from taskatlas.store import runs


@dataclass
class Run:
    """A run that is at work.

    Attributes:
        folder: its project.
        device: what it computes on, once that is chosen.
        began_at: seconds of the system's clock.
        outcome: 'published', 'unchanged', 'failed' or 'interrupted', once it is known.
        computed: how many answer sets and vectors were computed.
        fault: what stopped it, in one line without secrets.
    """

    folder: Path
    device: str | None = None
    began_at: float = field(default_factory=time.time)
    outcome: str | None = None
    computed: int | None = None
    fault: str | None = None

    def ended(self, result: dict[str, Any]) -> dict[str, Any]:
        """Take note of what a run that went well returns, and give it back.

        Args:
            result: with `created`, whether a release was published, and `computed`.
        """
        self.outcome, self.computed = "published" if result["created"] else "unchanged", result["computed"]
        return result


@contextmanager
def recorded(
    folder: Path, *, interrupts: tuple[type[Exception], ...] = (), warn: Callable[[str], object] | None = None
) -> Iterator[Run]:
    """Remember how the block ends. One that ends without `Run.ended` was only the beginning, and leaves no row.

    Args:
        folder: the project. Where nothing was ever made in it, nothing is written.
        interrupts: what ends a run from outside, beside KeyboardInterrupt and all else that is no Exception.
        warn: told in one line where the row cannot be written.
    """
    run, clock = Run(folder), time.monotonic()
    try:
        yield run
    except BaseException as error:
        from_outside = not isinstance(error, Exception) or isinstance(error, interrupts)
        run.outcome, run.fault = "interrupted" if from_outside else "failed", _line(error)
        raise
    finally:
        if run.outcome:
            _remember(run, time.monotonic() - clock, warn)


def _remember(run: Run, seconds: float, warn: Callable[[str], object] | None) -> None:
    folders = ProjectFolders(run.folder)
    try:
        if not folders.warehouse.is_dir():
            return
        row = {
            "began_at": datetime.fromtimestamp(run.began_at, UTC),
            "seconds": seconds,
            "release": _newest(folders),
            "taskatlas_version": version("taskatlas"),
            **{name: getattr(run, name) for name in ("outcome", "computed", "device", "fault")},
        }
        runs.add(runs.runs_file(folders.catalog), row)
    except Exception as error:  # whatever it is, the run itself is not to blame
        if warn:
            warn(f"the table runs lacks this run: {_line(error)}")


def _newest(folders: ProjectFolders) -> str | None:
    """The release that the catalog showed last. The warehouse is not asked, as it may be what failed."""
    with suppress(StoreError, KeyError, TypeError):
        return str(State(folders.state).read("publish")["release"])
    return None


def _line(error: BaseException) -> str:
    """What is said of an error: the text of one that was written for people; of another its class alone, as a message
    may hold a secret."""
    return str(error) if isinstance(error, TaskatlasError) else type(error).__name__
