"""The rooms of the house: which package may import which, no circle at any level, heavy packages where they belong."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.modules import IMPORTS, MODULES, PACKAGE, imports
from tests.support.places import ROOT

STAGES = ("ingest", "predict", "embed", "benchmark", "publish")
LONG = 400
"""Lines from which on a file is worth a second look; length alone is no reason to split an idea."""
BELOW = {"errors", "hashing", "progress"}
"""Modules at the package's root, which every room may import."""
MAY_IMPORT: Mapping[str, set[str]] = {
    "schemas": set(),
    "installed": set(),
    "cards": {"schemas"},
    "store": {"schemas"},
    "ingest": {"schemas", "cards"},
    "predict": {"schemas", "installed", "cards", "store", "ingest"},
    "embed": {"installed", "predict"},
    "analyze": {"schemas", "store", "embed"},
    "forecast": {"embed"},
    "recommend": {"store"},
    "transfer": {"embed"},
    "trying": {"embed", "recommend"},
    "validate": {"schemas", "cards", "store"},
    "registry": {"schemas", "cards", "predict"},
    "project": {"cards", "store"},
    "importers": {"schemas", "installed", "cards", "store", "ingest", "predict", "registry"},
    "adding": {"schemas", "cards", "ingest", "predict", "validate", "registry", "importers"},
    "plan": {"schemas", "cards", "store", "ingest", "predict", "embed", "validate", "registry", "project"},
    "stages": {
        "schemas",
        "store",
        "ingest",
        "predict",
        "embed",
        "analyze",
        "recommend",
        "validate",
        "registry",
        "project",
        "plan",
        "cards",
        "forecast",
        "transfer",
        "trying",
    },
    "advice": {
        "schemas",
        "cards",
        "store",
        "ingest",
        "predict",
        "embed",
        "forecast",
        "analyze",
        "registry",
        "project",
        "plan",
    },
    "dashboards": {"installed", "schemas", "store", "analyze", "recommend", "project", "advice", "plan"},
    "api": {"installed", "store", "recommend", "project", "advice", "plan"},
    "tasks": {"predict", "store", "registry", "plan", "stages"},
    "flows": {"predict", "plan", "stages", "tasks"},
    "cli": {
        "registry",
        "installed",
        "analyze",
        "ingest",
        "store",
        "recommend",
        "predict",
        "validate",
        "importers",
        "adding",
        "project",
        "plan",
        "stages",
    },
    "__init__": {"schemas", "installed", "predict", "embed", "recommend", "advice", "api"},
}
"""Room → the rooms that it may import. A room is a package below taskatlas/; the commands find flows and apps by their
entry points."""
LAYERS = ("flows", "tasks", "stages", "schemas")
HEAVY = {
    "prefect": ("flows", "tasks"),
    "torch": ("embed", "predict"),
    "transformers": ("embed", "predict"),
    "vllm": ("predict",),
    "onnxruntime": ("predict",),
    "duckdb": ("store",),
    "pyiceberg": ("store",),
    "great_expectations": ("validate",),
    "streamlit": ("dashboards",),
    "typer": ("cli",),
}
"""Package → the rooms that may import it."""
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SUPPORT = ROOT / "tests" / "support"
NEVER = {"pickle", "cloudpickle", "joblib", "dill"}


def room_of(module: str) -> str:
    """The room of a module: the package below taskatlas that it lies in."""
    return module.split(".")[1] if "." in module else "__init__"


OURS = {name: {each for each in found if each in MODULES and each != name} for name, found in IMPORTS.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """A circle of the graph, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def grouped(depth: int) -> dict[str, set[str]]:
    """The graph of imports between packages, their names cut to so many parts."""
    found: dict[str, set[str]] = {}
    for name, others in OURS.items():
        one = ".".join(name.split(".")[:depth])
        cut = {".".join(other.split(".")[:depth]) for other in others}
        found.setdefault(one, set()).update(cut - {one})
    return found


def test_there_is_something_to_look_at():
    assert len(MODULES) > 200
    assert {"taskatlas.flows.atlas", "taskatlas.tasks.predict", "taskatlas.schemas.tables"} <= MODULES.keys()
    assert sum(map(len, OURS.values())) > 800


def test_no_circle_between_modules():
    assert circle(OURS) == []


@pytest.mark.parametrize("depth", [2, 3])
def test_no_circle_between_packages(depth: int):
    # the package's own front door imports from the rooms, and no room imports it
    rooms = {name: others for name, others in grouped(depth).items() if name != "taskatlas"}
    assert circle(rooms) == []


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_every_room_has_its_line_in_the_table():
    rooms = {room_of(name) for name in MODULES} - BELOW
    assert rooms == MAY_IMPORT.keys()


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_what_it_may(room: str):
    found = {room_of(other) for name, others in OURS.items() if room_of(name) == room for other in others}
    assert found - {room} - BELOW <= MAY_IMPORT[room]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_the_table_allows_no_more_than_is_used(room: str):
    found = {room_of(other) for name, others in OURS.items() if room_of(name) == room for other in others}
    assert MAY_IMPORT[room] <= found


def test_layers_go_downwards():
    for place, layer in enumerate(LAYERS):
        assert not MAY_IMPORT[layer] & set(LAYERS[:place])
    assert circle(MAY_IMPORT) == []


@pytest.mark.parametrize("name", sorted(BELOW))
def test_what_every_room_may_import_imports_no_room(name: str):
    assert {room_of(other) for other in OURS[f"taskatlas.{name}"]} <= BELOW


@pytest.mark.parametrize("package", HEAVY)
def test_a_heavy_package_stays_in_its_rooms(package: str):
    found = {name for name, others in IMPORTS.items() if package in {other.partition(".")[0] for other in others}}
    assert found, "nobody imports it"
    assert {room_of(name) for name in found} <= set(HEAVY[package])


def test_nothing_is_pickled_and_nothing_else_of_the_repository_is_imported():
    tops = {other.partition(".")[0] for others in IMPORTS.values() for other in others}
    assert not tops & {*NEVER, "tests", "benchmarks", "examples", "schemas", "tasks", "flows", "dashboards", "registry"}


def test_only_what_every_room_may_import_lies_at_the_packages_root():
    assert {path.stem for path in PACKAGE.glob("*.py")} == BELOW | {"__init__"}


@pytest.mark.parametrize("layer", ["flows", "tasks", "taskatlas/stages"])
def test_a_stage_has_the_same_file_name_in_every_layer(layer: str):
    assert {f"{stage}.py" for stage in STAGES} <= {path.name for path in (ROOT / layer).glob("*.py")}


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("*.py")), ids=lambda path: path.name)
def test_no_flow_file_hides_a_package(path: Path):
    # Prefect puts the flow's folder first on sys.path, so flows/datasets.py would hide the package datasets
    if path.name == "__init__.py":
        return
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({path.stem!r}) is not None)"
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0


def test_what_tests_share_lies_in_their_support():
    helpers = {path for path in TESTS if path.name not in {"__init__.py", "conftest.py"} and path.stem[:5] != "test_"}
    assert {path.parent for path in helpers} == {SUPPORT}
    assert {path for path in TESTS if path.name == "__init__.py" and path.read_text()} == {SUPPORT / "__init__.py"}
    told = (SUPPORT / "__init__.py").read_text(encoding="utf-8")
    assert {path.stem for path in helpers} == set(re.findall(r"`(\w+)`", told))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tests_import_of_tests_only_what_is_shared(path: Path):
    found = {name for name in imports(path) if name.partition(".")[0] == "tests"}
    assert {name for name in found if not name.startswith("tests.support")} == set()


def test_a_page_is_short():
    pages = sorted((PACKAGE / "dashboards" / "app_pages").glob("[a-z]*.py"))
    assert len(pages) == 7
    assert {path.name: size for path in pages if (size := len(path.read_text().splitlines())) >= 150} == {}


@pytest.mark.filterwarnings("default:.* lines:UserWarning")
def test_long_files_are_pointed_out():
    for path in MODULES.values():
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONG:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", stacklevel=1)


@pytest.mark.parametrize("command", [["--help"], ["sql", "--help"]])
def test_the_cli_starts_without_heavy_imports(command: list[str]):
    code = (
        f"import sys; sys.argv = ['taskatlas', *{command!r}]\n"
        "from taskatlas.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'prefect', 'great_expectations', 'datasets', 'duckdb'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout or "taskatlas" in done.stdout
