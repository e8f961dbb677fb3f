"""Slots: an accelerator is used by one task at a time, across all runs of one Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound


@contextmanager
def device_slot(device: str) -> Iterator[None]:
    """Hold the slot of an accelerator within the block; the CPU has none.

    The limit is strict, as without `strict` a missing limit only warns and two tasks would share the memory of one
    accelerator. It is made with one slot where it does not exist; an operator may widen it in Prefect.

    Args:
        device: cpu, cuda, cuda:1 or mps.
    """
    if device == "cpu":
        yield
        return
    name = f"taskatlas-{device.replace(':', '-')}"
    ensure_limit(name)
    with concurrency(name, occupy=1, strict=True):
        yield


def ensure_limit(name: str) -> None:
    """Make the global concurrency limit `name` with one slot, unless there is one."""
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            try:
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))
            except ObjectAlreadyExists:
                return  # another run made it meanwhile
