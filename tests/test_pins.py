"""Versions that `pip check` finds in order and that break every run all the same."""

from __future__ import annotations

import re
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = {
    canonicalize_name(Requirement(line).name): Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}
EXTRAS = ("test", "dashboard", "docs", "mteb", "onnx", "quantised", "smollm")
"""What the extra `test` installs."""
NOT_OURS = {"taskatlas", "pip", "setuptools", "wheel"}


@pytest.mark.parametrize(("package", "below"), [("fastapi", "0.151"), ("sqlalchemy", "2.1")])
def test_packages_that_break_prefect_stay_below(package: str, below: str):
    assert Version(version(package)) < Version(below)


def test_every_constraint_is_one_exact_version():
    assert all(re.fullmatch(r"==[\w.]+", str(entry.specifier)) for entry in CONSTRAINTS.values())
    assert str(CONSTRAINTS["torch"].specifier) == "==2.13.0"


def test_every_installed_package_that_we_need_is_pinned():
    installed = {canonicalize_name(found.metadata["Name"]): found.version for found in distributions()}
    needed, known = ["taskatlas"], set()
    while needed:
        name = needed.pop()
        if name in known or name not in installed:
            continue
        known.add(name)
        found = next(each for each in distributions() if canonicalize_name(each.metadata["Name"]) == name)
        for line in found.requires or ():
            wanted = Requirement(line)
            extras = EXTRAS if name == "taskatlas" else ("",)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
                needed.append(canonicalize_name(wanted.name))
    assert len(known) > 50
    missing = sorted(known - NOT_OURS - set(CONSTRAINTS))
    assert not missing
    other = {name for name in known & set(CONSTRAINTS) if not CONSTRAINTS[name].specifier.contains(installed[name])}
    assert not other
