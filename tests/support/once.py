"""What is made once for all workers of a test run: the first that needs it makes it, the others wait for it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills; it is everybody's, so a test that changes anything takes a copy."""
    base = factory.getbasetemp()
    # each worker of pytest-xdist has a folder of its own in that of the run
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = base / "once" / name, base / "once" / f"{name}.done"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # half of it, where another worker failed
            make(folder)
            done.touch()
    return folder
