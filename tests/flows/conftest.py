"""Projects that flows run in: copies of the published one, and one that is small enough to run from nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import change_card, write_small_project


def write_tiny_project(folder: Path) -> Path:
    """The small project cut to two datasets, three subjects and 40 corpus texts: everything anew in some seconds."""
    write_small_project(folder)
    keep = {
        "datasets": {"cafe_reviews", "gadget_reviews"},
        "prompts": {"verdict-bad-good", "stars-one-five"},
        "models": {"minilm", "vader"},
    }
    for kind, names in keep.items():
        for card in (folder / kind).glob("*.yaml"):
            if card.stem not in names:
                card.unlink()
    corpus = folder / "corpora" / "everyday.yaml"
    sources = yaml.safe_load(corpus.read_text(encoding="utf-8"))["sources"]
    change_card(corpus, sources=[{**source, "limit": 20} for source in sources])
    change_card(folder / "atlas.yaml", train_limit=40, test_limit=30)
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A tiny project in which nothing has run."""
    return write_tiny_project(tmp_path / "tiny")


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The published small project, for a test that changes it."""
    return Path(shutil.copytree(published, tmp_path / "copy"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Path:
    """A tiny project that ran through once; do not change it."""
    from flows.atlas import atlas

    folder = write_tiny_project(tmp_path_factory.mktemp("undisturbed") / "tiny")
    assert atlas(project=str(folder), device="cpu")["release"] == "v1"
    return folder


def parts(project: Path) -> dict[str, int]:
    """When each part below the project was written, in nanoseconds, by kind and file name."""
    root = project / "warehouse" / "parts"
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def written(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many parts of each kind were written in between; none may have gone."""
    assert before.keys() <= after.keys()
    kinds = [name.partition("/")[0] for name, stamp in after.items() if before.get(name) != stamp]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
