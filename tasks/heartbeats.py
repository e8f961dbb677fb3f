"""Heartbeats: that of a run tells that its stages are alive, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextmanager
def one_heartbeat() -> Iterator[None]:
    """Let flows that are called within the block send no heartbeats beside that of the flow that calls them.

    They are of one process, and Prefect waits up to a second for those of each flow to end.
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
