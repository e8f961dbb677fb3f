"""A project to add to, and files as people have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from taskatlas.project.starter import write_empty
from tests.support.projects import moods, write_file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with nothing in it."""
    write_empty(tmp_path / "ours")
    return tmp_path / "ours"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV file of sixty labelled sentences, outside of the project."""

    def write(
        name: str = "reviews.csv",
        header: Sequence[str] = ("id", "review", "mood"),
        separator: str = ",",
        encoding: str = "utf-8",
        seed: int = 1,
    ) -> Path:
        rows = [(str(at), row["text"], row["label"]) for at, row in enumerate(moods(60, seed))]
        lines = [separator.join(cells) for cells in [tuple(header), *rows]]
        return write_file(tmp_path, name, "\n".join(lines).encode(encoding))

    return write
