"""What tests of the importers share: a copy of the starter project, and files as other programs write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.project.starter import write_starter
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the starter project."""
    folder = tmp_path / "project"
    write_starter(folder)
    return folder


@pytest.fixture
def importing(project: Path, tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Import one file of this content into the project."""

    def run(content: str | bytes, name: str = "templates.yaml", **options: Any) -> list[Outcome]:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_files(project, [file], ImportOptions(**options))

    return run


@pytest.fixture
def card(project: Path, importing: Callable[..., list[Outcome]]) -> Callable[..., PromptCard]:
    """The one card that a file becomes, as the project reads it."""

    def run(content: str, name: str = "templates.yaml", **options: Any) -> PromptCard:
        (outcome,) = importing(content, name, **options)
        assert outcome.state == "imported", outcome.note
        return load(project).prompts[Path(outcome.card or "").stem]

    return run


@pytest.fixture
def reason(project: Path, importing: Callable[..., list[Outcome]]) -> Callable[..., str]:
    """Why a file's one template is left out; nothing is written."""
    before = sorted(project.rglob("*"))

    def run(content: str | bytes, name: str = "templates.yaml", **options: Any) -> str:
        (outcome,) = importing(content, name, **options)
        assert (outcome.state, outcome.card) == ("left out", None)
        assert sorted(project.rglob("*")) == before
        return outcome.note

    return run
