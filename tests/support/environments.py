"""Environments beside the running one: what is built of the repository and its examples, and where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.places import ROOT

OURS = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TASKATLAS_", "PREFECT_"))}


@dataclass(frozen=True)
class Environment:
    """A virtual environment without pip."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def run(self, *command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, such as python or taskatlas, in a folder outside of the repository."""
        program = self.folder / "bin" / command[0]
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=300, check=False,
                              cwd=cwd, env=OURS | {"HOME": str(cwd)} | variables)  # fmt: skip
        return done

    def install(self, *arguments: str | Path) -> None:
        """Install with the pip of the running environment."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet", *arguments]
        subprocess.run(pip, check=True, cwd=ROOT, env=OURS)

    def sees(self, *folders: Path | str) -> None:
        """Let it find the packages of folders after its own; .pth files there are not followed."""
        (self.site / "zz_seen.pth").write_text("".join(f"{folder}\n" for folder in folders))


def made(folder: Path) -> Environment:
    """A new environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return Environment(folder)


def build(target: str, source: Path, to: Path) -> Path:
    """A wheel, wheel:editable or sdist of a checkout or an unpacked sdist."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", to]
    subprocess.run(command, check=True, cwd=source, env=OURS, capture_output=True)
    (found,) = to.iterdir()
    return found


def running_sites() -> list[str]:
    """Where the packages of the running interpreter lie."""
    return [place for place in sys.path if place.endswith("site-packages")]


def installed_example(name: str, target: Path) -> Path:
    """A folder for sys.path with the package examples/NAME in it."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*command, str(ROOT / "examples" / name)], check=True)
    return target
