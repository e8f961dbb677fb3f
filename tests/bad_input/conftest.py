"""A published project that tests break, and the proof after each of them that its release is still what it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import what_is_published
from tests.support.projects import copied


@pytest.fixture(scope="package")
def home(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy that the tests of this package share; use `project`."""
    return copied(published, tmp_path_factory.mktemp("bad input") / "project")


@pytest.fixture
def project(home: Path, published: Path) -> Iterator[Path]:
    """A project with release v1 whose cards and data a test may break; v1 must read the same when the test is done."""
    before = what_is_published(home)
    yield home
    after = what_is_published(home)
    for entry in home.iterdir():
        if entry.is_dir() and entry.name != "warehouse":
            shutil.rmtree(entry)
    shutil.copytree(published, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("warehouse"))
    assert after == before


@pytest.fixture
def own_project(published: Path, tmp_path: Path) -> Path:
    """A project with release v1 of a test's own, for runs that succeed and publish."""
    return copied(published, tmp_path / "project")
