"""A guide as a person follows it: its files are written into a copy of the repository, its commands typed there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.places import ROOT

GUIDES = ROOT / "docs" / "guides"
TAKEN = ("taskatlas", "flows", "tasks", "schemas", "tests", "docs", "pyproject.toml", "README.md", ".ci")
"""What of the repository a copy has."""
PROGRAMS = {
    "taskatlas": """-c 'from taskatlas.cli.app import main; main()' "$@\"""",
    "python": '"$@"',
    "pip": '-m pip "$@" --quiet --no-deps --target installed',
    "pytest": '-m pytest "$@"',
    "ruff": '-m ruff "$@"',
}
"""Program that guides name → the arguments by which this Python is it; what is installed stays in the copy."""
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block with the line before it."""

    before: str
    language: str
    text: str

    @property
    def path(self) -> str:
        """The file that it is, or changes: the last name in the line before it."""
        return re.findall(r"`([^`]+)`", self.before)[-1]


def blocks_of(guide: str) -> list[Block]:
    """The code blocks of a guide, in order."""
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()].rstrip().splitlines()[-1]
        found.append(Block(before, match["language"], match["text"]))
    return found


@dataclass(frozen=True)
class Copy:
    """A copy of the repository."""

    folder: Path

    @classmethod
    def into(cls, folder: Path) -> Copy:
        """Make one."""
        left = shutil.ignore_patterns("images", "golden", "warehouse")  # what is compiled is copied, as it stays good
        for name in TAKEN:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, symlinks=True, ignore=left)
            else:
                shutil.copy(source, folder / name)
        programs = folder / "bin"
        programs.mkdir()
        for name, arguments in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments}\n")
            (programs / name).chmod(0o755)
        return cls(folder)

    def follow(self, guide: str) -> list[str]:
        """Write and change the files of a guide; its commands."""
        commands = []
        for block in blocks_of(guide):
            if block.language == "":
                assert block.before == "## Check", block
                commands += block.text.splitlines()
            elif block.language == "diff":
                self._change(block)
            else:
                path = self.folder / block.path
                path.parent.mkdir(parents=True, exist_ok=True)
                assert not path.exists(), f"{block.path} is there already"
                path.write_text(block.text, encoding="utf-8")
        assert commands, "a guide ends with commands that check it"
        return commands

    def _change(self, block: Block) -> None:
        """Change a file as a diff says; what it shows of the file must stand there exactly once."""
        lines = block.text.splitlines(keepends=True)
        assert {line[0] for line in lines} <= {" ", "+", "-"}, block
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        path = self.folder / block.path
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{block.path} has {text.count(old)} times\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def type(self, command: str) -> str:
        """Type a command in the copy; what it printed."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        own: Mapping[str, str] = {
            "PATH": f"{self.folder / 'bin'}:{known['PATH']}",
            "PYTHONPATH": f"{self.folder}:{self.folder / 'installed'}",
        }
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env={**known, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout
