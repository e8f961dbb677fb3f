"""Projects that flows run in: copies of the published one, and one that is small enough to run from nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.prefect_runs import SECRET, Handed, Undisturbed, noted, observed
from tests.support.starter import write_tiny_project


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A tiny project in which nothing has run."""
    return write_tiny_project(tmp_path / "tiny")


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The published small project, for a test that changes it."""
    return Path(shutil.copytree(published, tmp_path / "copy"))


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    """What tasks are handed while a test runs."""
    return noted(monkeypatch)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Undisturbed:
    from taskatlas.flows.atlas import atlas

    folder = write_tiny_project(tmp_path_factory.mktemp("undisturbed") / "tiny")
    address = f"sqlite:///file:{folder.parent}/elsewhere.db?uri=true&timeout=60&password={SECRET}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKATLAS_CATALOG_URI", address)
        handed = noted(patch)
        run = observed(atlas, project=str(folder), device="cpu")
    assert run.result["release"] == "v1", run.result
    assert (folder.parent / "elsewhere.db").is_file()
    return Undisturbed(folder, address, run, handed)
