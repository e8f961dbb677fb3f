"""Status: what a run would compute, stage by stage, and what the last one left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from taskatlas.stages.invalidate import forget
from taskatlas.stages.status import status_of
from tests.support.cards import change_card
from tests.support.projects import write_project
from tests.support.stage_runs import answered, ingested


def owed(folder: Path) -> dict[str, tuple[int, int]]:
    """(done, missing) per stage."""
    *stages, publish = status_of(folder)
    assert publish["stage"] == "publish"
    return {row["stage"]: (row["done"], row["missing"]) for row in stages}


def test_before_during_and_after(tmp_path: Path, finished):
    folder = write_project(tmp_path / "project")
    assert owed(folder) == {"ingest": (0, 3)}
    assert status_of(folder)[-1]["unit"] == "newest release: none"
    ingested(folder)
    assert owed(folder) == {"ingest": (3, 0), "predict": (0, 9)}
    answered(folder)
    assert owed(folder) == {"ingest": (3, 0), "predict": (9, 0)}
    assert owed(finished.project.folder) == {
        "ingest": (3, 0), "predict": (9, 0), "embed text": (2, 0), "embed crosscov": (5, 0), "embed student": (5, 0),
        "benchmark": (1, 0),
    }  # fmt: skip


def test_a_changed_prompt_is_shown_as_missing_work(copied: Callable[..., Path]):
    folder = copied()
    change_card(folder / "prompts/warm.yaml", answer="it was {{ choice }}")
    found = owed(folder)
    assert found["predict"] == (6, 3)
    assert found["embed crosscov"] == found["embed student"] == (4, 1)
    assert found["embed text"] == (2, 0)


def test_a_changed_source_is_shown_as_missing_work(copied: Callable[..., Path]):
    folder = copied()
    path = folder / "data/feel.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert owed(folder)["ingest"] == (2, 1)


def test_what_was_forgotten_is_missing(copied: Callable[..., Path]):
    folder = copied()
    forget(folder, ["enc/plain"])
    assert owed(folder)["predict"] == (6, 3)
    assert owed(folder)["embed student"] == (4, 1)


def test_status_changes_nothing(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.project.folder.rglob("*")}
    status_of(finished.project.folder)
    assert {path: path.stat().st_mtime_ns for path in finished.project.folder.rglob("*")} == before


def test_a_damaged_basis_is_missing_and_left_where_it_is(copied: Callable[..., Path]):
    folder = copied()
    for path in (folder / "warehouse/parts/bases").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:100])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert {row["stage"]: (row["unit"], row["missing"]) for row in status_of(folder)[2:-1]} == {
        f"embed {method}": ("bases", 1) for method in ("text", "crosscov", "student")
    }
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
