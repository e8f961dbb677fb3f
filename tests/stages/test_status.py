"""Status: what a run would compute, stage by stage, and what the last one left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.invalidate import forget
from taskatlas.stages.status import status_of
from tests.support.cards import change_card
from tests.support.projects import write_card, write_project
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


def test_whether_a_run_publishes_is_told_where_it_can_be_known(copied: Callable[..., Path]):
    folder = copied()

    def publish() -> tuple[int | None, int | None]:
        row = status_of(folder)[-1]
        return row["done"], row["missing"]

    assert publish() == (0, 1)
    plan = Plan(Project(folder))
    plan.state.write("publish", {"release": "v1", "release_id": plan.release_id})
    assert publish() == (1, 0)
    change_card(folder / "datasets/feel.yaml", description="Other words.")
    assert publish() == (0, 1)
    change_card(folder / "prompts/warm.yaml", answer="it was {{ choice }}")
    assert publish() == (None, None), "what is missing may change it or not"


def test_what_servers_are_to_answer_is_told(copied: Callable[..., Path]):
    folder = copied()
    write_card(folder, "models", "served", kind="endpoint", url="http://127.0.0.1:9/v1", model="m", revision="1")
    for name in ("plain", "warm"):
        change_card(folder / "prompts" / f"{name}.yaml", models=["enc"])
    choices = {"negative": "bad", "positive": "good"}
    write_card(folder, "prompts", "asks", template="{{ text }}?", choices=choices, models=["served"], datasets=["mood"])
    texts = {each.name: each.n_answered for each in Plan(Project(folder)).text_sets}
    row = next(row for row in status_of(folder) if "servers" in row["unit"])
    assert row == {
        "stage": "predict",
        "unit": "answers of servers, at most",
        "done": None,
        "missing": texts["web"] + texts["mood"],
    }


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
