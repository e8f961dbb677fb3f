"""What is installed is `taskatlas` alone, linked folders as real ones, and no file of a user's hides a part of it."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.support.environments import Environment, made, running_sites
from tests.support.places import ROOT

WAYS = ("wheel", "editable", "by_sdist")
THEIRS = ("schemas", "tasks", "flows", "dashboards", "registry", "stages")
LOADS = """
import json, sys
from importlib.metadata import entry_points
import taskatlas
taskatlas.open
from taskatlas.flows.atlas import atlas
import taskatlas.schemas.tables, taskatlas.tasks.predict, taskatlas.dashboards.serve, taskatlas.registry.load
(point,) = entry_points(group="taskatlas.flows", name="atlas")
assert point.load() is atlas
import schemas, tasks, flows, dashboards, registry, stages
theirs = {name: sys.modules[name].WHOSE for name in ("schemas", "tasks", "flows", "dashboards", "registry", "stages")}
assert set(theirs.values()) == {"theirs"}
print(json.dumps(sorted({name.split(".")[0] for name, found in sys.modules.items()
                         if str(getattr(found, "__file__", "")).startswith(sys.argv[1])})))
"""


def names_of(wheel: Path) -> set[str]:
    """The files of a wheel, without the folder of its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def files_of_the_package() -> set[str]:
    """The files below taskatlas/, the linked folders among them."""
    found = set()
    for folder, _, names in os.walk(ROOT / "taskatlas", followlinks=True):
        if "__pycache__" not in folder:
            found |= {(Path(folder) / name).relative_to(ROOT).as_posix() for name in names}
    return found


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Environment]:
    return {}


@pytest.fixture
def environment(way: str, environments: dict[str, Environment], tmp_path_factory: pytest.TempPathFactory,
                request: pytest.FixtureRequest) -> Environment:  # fmt: skip
    """An environment with taskatlas in it, installed this way, that finds all other packages where they lie."""
    if way not in environments:
        environments[way] = made(tmp_path_factory.mktemp(way) / "venv")
        environments[way].install("--no-deps", "--no-index", request.getfixturevalue(way))
        environments[way].sees(*running_sites())
    return environments[way]


def test_the_wheel_has_one_top_level_name(wheel: Path):
    assert {name.split("/")[0] for name in names_of(wheel)} == {"taskatlas"}


def test_the_wheel_holds_every_file_of_the_package_as_a_real_one(wheel: Path):
    found = names_of(wheel)
    assert found == files_of_the_package()
    assert {
        "taskatlas/py.typed",
        "taskatlas/flows/atlas.py",
        "taskatlas/tasks/predict.py",
        "taskatlas/schemas/tables.py",
        "taskatlas/schemas/expectations/scores.json",
        "taskatlas/starter/atlas.yaml",
        "taskatlas/starter/data/cafe_reviews.csv",
        "taskatlas/dashboards/.streamlit/config.toml",
        "taskatlas/dashboards/queries/spaces.sql",
        "taskatlas/dashboards/report.html.jinja",
        "taskatlas/validate/templates/docs.css",
    } <= found
    with zipfile.ZipFile(wheel) as archive:
        assert not [each.filename for each in archive.infolist() if (each.external_attr >> 16) & 0o170000 == 0o120000]


def test_a_wheel_by_way_of_the_sdist_is_the_same(wheel: Path, by_sdist: Path):
    assert names_of(by_sdist) == names_of(wheel)


@pytest.mark.parametrize("way", WAYS)
def test_files_of_a_user_hide_nothing_and_are_not_hidden(environment: Environment, way: str, tmp_path: Path):
    for name in THEIRS:
        (tmp_path / f"{name}.py").write_text("WHOSE = 'theirs'\n")
    (tmp_path / "script.py").write_text(LOADS)
    where = ROOT if way == "editable" else environment.site / "taskatlas"
    done = environment.run("python", "script.py", str(where), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["taskatlas"]


@pytest.mark.parametrize("way", WAYS)
def test_the_command_runs_in_such_a_folder(environment: Environment, way: str, tmp_path: Path):
    for name in THEIRS:
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('theirs')\n")
    done = environment.run("taskatlas", "init", "mine", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = {path.relative_to(tmp_path / "mine").as_posix() for path in (tmp_path / "mine").rglob("*")}
    starter = ROOT / "taskatlas/starter"
    assert written == {path.relative_to(starter).as_posix() for path in starter.rglob("*")
                       if "__" not in path.as_posix().removeprefix(starter.as_posix())}  # fmt: skip
