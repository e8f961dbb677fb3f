"""Which extra brings a package that is missing, as the installed metadata say."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions

import pytest

from taskatlas.errors import TaskatlasError
from taskatlas.installed import extras
from tests.support.modules import IMPORTS

NO_EXTRA = {"vllm"}
"""Modules that cards ask for and no extra brings."""
CORE = {"duckdb", "numpy", "pyarrow", "pydantic", "pydantic_settings", "rich", "typer", "yaml"}
EXTRA = {"gguf": "smollm", "mteb": "mteb", "onnxruntime": "onnx", "onnxscript": "onnx"}
"""Modules that neither a run nor the dashboard needs → the extra that brings them."""
MODULES = {other.partition(".")[0] for others in IMPORTS.values() for other in others}
OUTSIDE = MODULES - set(sys.stdlib_module_names) - NO_EXTRA - {"taskatlas", "pydantic_core"}


def test_every_module_that_we_import_is_of_a_package_that_we_name():
    known, installed = extras.needs(), packages_distributions()
    for module in OUTSIDE:
        package = extras.package_of(module, known)
        assert package in {name.lower().replace("_", "-") for name in installed[module]}, module
        extra = EXTRA.get(module, "run")
        assert (extra in known[package] or "dashboard" in known[package]) == (module not in CORE), module


def imported(module: str) -> None:
    raise ModuleNotFoundError(f"No module named {module!r}", name=module)


@pytest.mark.parametrize(("module", "asked", "told"), [
    ("sklearn.manifold", "run", r"^the package scikit-learn is not installed\. .*'taskatlas\[run\]'`$"),
    ("streamlit", "run", r"^the package streamlit is not installed\. .*'taskatlas\[dashboard\]'`$"),
    ("pandas", "run", r"'taskatlas\[run\]'`$"),
    ("pandas", "dashboard", r"'taskatlas\[dashboard\]'`$"),
    ("bitsandbytes", "run", r"'taskatlas\[quantised\]'`$"),
])  # fmt: skip
def test_an_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str, asked: str, told: str):
    monkeypatch.setattr(extras, "_installed", lambda _: False)
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(TaskatlasError, match=told), extras.needed(asked):
        imported(module)


@pytest.mark.parametrize("module", ["numpy", "no_such_module", ""])
def test_what_no_extra_brings_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, module: str):
    monkeypatch.setattr(extras, "_installed", lambda _: False)
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError), extras.needed():
        imported(module)


@pytest.mark.parametrize("module", ["sklearn.gone", "taskatlas.gone"])
def test_a_package_that_is_there_and_broken_is_no_missing_one(module: str):
    with pytest.raises(ModuleNotFoundError), extras.needed():
        imported(module)


def test_a_checkout_that_is_not_installed_names_none(monkeypatch: pytest.MonkeyPatch):
    def none(_: str) -> None:
        raise extras.PackageNotFoundError

    monkeypatch.setattr(extras, "requires", none)
    assert extras.needs() == {}
