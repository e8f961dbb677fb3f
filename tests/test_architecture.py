"""The layers hold: flows → tasks → taskatlas → schemas, and heavy packages stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("schemas", "taskatlas", "tasks", "flows")
STAGES = ("ingest", "predict", "embed", "benchmark", "publish")
FILES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
SHOWN = sorted((ROOT / "dashboards").rglob("*.py"))
MAY_SHOW = ("taskatlas.store.reader", "taskatlas.analyze", "taskatlas.errors", "taskatlas.settings", "schemas")
"""What dashboards/ may import of the layers: a release is read there, and nothing is made."""


def imported(path: Path) -> set[str]:
    """Every dotted name that a file imports, also inside functions, by name or by importlib."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"import_module", "__import__"}:
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return names


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def test_there_are_files_to_look_at():
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_keeps_to_its_layer(path: Path):
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    found = packages(path)
    assert not found & above, f"{layer} imports from a layer above it"
    assert not found & {"benchmarks", "dashboards", "tests", "registry"}
    if layer not in {"tasks", "flows"}:
        assert "prefect" not in found
    relative = path.relative_to(ROOT).as_posix()
    if not relative.startswith(("taskatlas/embed/", "taskatlas/predict/")):
        assert not found & {"torch", "transformers", "vllm"}
    if not relative.startswith("taskatlas/store/"):
        assert not found & {"duckdb", "pyiceberg"}
    if not relative.startswith("taskatlas/validate/"):
        assert "great_expectations" not in found
    assert not found & {"pickle", "cloudpickle", "joblib", "dill"}


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_dashboards_only_read(path: Path):
    ours = {name for name in imported(path) if name.partition(".")[0] in {*LAYERS, "benchmarks", "tests", "registry"}}
    assert not {name for name in ours if not f"{name}.".startswith(tuple(f"{may}." for may in MAY_SHOW))}
    heavy = {"prefect", "torch", "transformers", "duckdb", "pyiceberg", "great_expectations", "pickle", "joblib"}
    assert not packages(path) & heavy


def test_a_page_is_short():
    pages = sorted((ROOT / "dashboards" / "app_pages").glob("[a-z]*.py"))
    assert len(pages) == 7
    assert {path.name: size for path in pages if (size := len(path.read_text().splitlines())) >= 150} == {}


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


@pytest.mark.parametrize("path", FILES + SHOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_short_enough_to_be_one_idea(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("command", [["--help"], ["sql", "--help"]])
def test_the_cli_starts_without_heavy_imports(command: list[str]):
    code = (
        f"import sys; sys.argv = ['taskatlas', *{command!r}]\n"
        "from taskatlas.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'prefect', 'great_expectations', 'datasets', 'duckdb'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout or "taskatlas" in done.stdout
