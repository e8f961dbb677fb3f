"""A published project that tests break, and the proof after each of them that its release is still what it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import run_cli

_WHAT_IS_PUBLISHED = """
SELECT (SELECT string_agg(release, ' ' ORDER BY release) FROM releases) AS releases,
    (SELECT count(*) FROM predictions) AS predictions, (SELECT count(*) FROM examples) AS examples,
    (SELECT sum(value) FROM scores) AS scores, (SELECT sum(norm) FROM embeddings) AS norms,
    (SELECT count(*) FROM quarantine) AS quarantined
"""


def what_is_published(folder: Path) -> list[dict[str, Any]]:
    """What `taskatlas sql` reads in a project's newest release."""
    found = run_cli("sql", _WHAT_IS_PUBLISHED, "--project", folder, "--json")
    assert (found.code, found.err) == (0, "")
    rows: list[dict[str, Any]] = json.loads(found.out)
    assert rows[0]["predictions"] > 1_000
    return rows


def copied(published: Path, folder: Path) -> Path:
    """A copy of a published project that stands on its own: its catalog reads its own files."""
    from taskatlas.store.catalog import rebuild
    from taskatlas.store.warehouse import Warehouse

    shutil.copytree(published, folder)
    rebuild(Warehouse(folder / "warehouse"), folder / "warehouse" / "catalog.duckdb")
    return folder


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
