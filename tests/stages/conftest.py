"""One tiny project that every stage but publish has run in, and copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.plan.plan import Plan
from tests.support.projects import write_project
from tests.support.stage_runs import benchmarked


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """For tests that only read."""
    return benchmarked(write_project(tmp_path_factory.mktemp("finished") / "project"))


@pytest.fixture
def copied(finished: Plan, tmp_path: Path) -> Callable[..., Path]:
    """Copies the finished project, with its work or without."""

    def copy(name: str = "copy", *, work: bool = True) -> Path:
        ignore = None if work else shutil.ignore_patterns("warehouse")
        return Path(shutil.copytree(finished.project.folder, tmp_path / name, ignore=ignore))

    return copy
