"""The example packages, as pip installs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def installed(name: str, target: Path) -> Path:
    """A folder for sys.path with the package examples/NAME in it."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*command, str(ROOT / "examples" / name)], check=True)
    return target
