"""Projects that flows run in: copies of the published one, and one that is small enough to run from nothing."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Task
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.utilities.annotations import quote

from tests.conftest import change_card, write_small_project
from tests.flows.observe import Run, observed


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


@pytest.fixture(scope="session", autouse=True)
def no_heartbeats() -> Iterator[None]:
    """Prefect takes a second to end each flow's heartbeat, and nobody here listens to them."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


Handed = list[tuple[str, dict[str, Any]]]
"""The name of each task that was started, in order, with the parameters that were handed over."""


def noted(patch: pytest.MonkeyPatch) -> Handed:
    """What tasks are handed from now on, as long as the patch holds."""
    handed: Handed = []
    submit, call = Task.submit, Task.__call__

    def submitted(self: Task[..., Any], **given: Any) -> Any:
        handed.append((self.name, {name: unquoted(value) for name, value in given.items()}))
        return submit(self, **given)

    def called(self: Task[..., Any], *args: Any, **given: Any) -> Any:
        handed.append((self.name, inspect.signature(self.fn).bind(*args, **given).arguments))
        return call(self, *args, **given)

    patch.setattr(Task, "submit", submitted)
    patch.setattr(Task, "__call__", called)
    return handed


def unquoted(value: Any) -> Any:
    return value.unquote() if isinstance(value, quote) else value


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    """What tasks are handed while a test runs."""
    return noted(monkeypatch)


SECRET = "hunter2-and-more"


@dataclass(frozen=True)
class Undisturbed:
    """A tiny project that ran through once, with its catalog elsewhere, at an address that holds a password.

    Attributes:
        folder: the project; do not change it.
        address: the catalog's.
        run: how Prefect saw the run.
        handed: what all tasks were handed.
    """

    folder: Path
    address: str
    run: Run
    handed: Handed


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Undisturbed:
    from taskatlas.flows.atlas import atlas

    folder = write_tiny_project(tmp_path_factory.mktemp("undisturbed") / "tiny")
    address = f"sqlite:///file:{folder.parent}/elsewhere.db?uri=true&timeout=60&password={SECRET}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKATLAS_CATALOG_URI", address)
        handed = noted(patch)
        run = observed(atlas, project=str(folder), device="cpu")
    assert run.result["release"] == "v1", run.result
    assert (folder.parent / "elsewhere.db").is_file()
    return Undisturbed(folder, address, run, handed)


def parts(project: Path) -> dict[str, int]:
    """When each part below the project was written, in nanoseconds, by kind and file name."""
    root = project / "warehouse" / "parts"
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def written(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many parts of each kind were written in between; none may have gone."""
    assert before.keys() <= after.keys()
    kinds = [name.partition("/")[0] for name, stamp in after.items() if before.get(name) != stamp]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
