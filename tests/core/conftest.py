from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.support.environments import build
from tests.support.places import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an editable install of the checkout installs."""
    return build("wheel:editable", ROOT, tmp_path_factory.mktemp("editable"))


@pytest.fixture(scope="session")
def by_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sdist of the checkout."""
    sdist = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel_of_sdist"))


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three releases, the last of which holds recommendations."""
    from taskatlas.plan.plan import Plan
    from taskatlas.plan.project import Project
    from taskatlas.stages import publish
    from tests.support.projects import golden_project
    from tests.support.stage_runs import benchmarked

    folder = golden_project(tmp_path_factory.mktemp("release"))
    plan = benchmarked(folder, *Plan(Project(folder)).methods)
    assert publish.release(plan)["created"]
    return folder
