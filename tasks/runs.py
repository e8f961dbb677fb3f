"""Runs as Prefect ends them: `taskatlas.stages.runs`, which also knows a cancelled run when it sees one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path

from prefect.exceptions import CancelledRun
from prefect.logging import get_run_logger

from taskatlas.stages import runs


@contextmanager
def recorded(project: str) -> Iterator[runs.Run]:
    """Remember how the block, the body of a flow, ends: well, by a fault or by an interrupt.

    Args:
        project: folder of the project.
    """
    cancelled = (CancelledRun, CancelledError)
    with runs.recorded(Path(project), interrupts=cancelled, warn=get_run_logger().warning) as run:
        yield run
