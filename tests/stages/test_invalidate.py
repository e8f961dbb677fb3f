"""Forgetting finished work: what is named is made anew, and nothing else; releases, bases and paid answers stay."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.stages import publish
from taskatlas.stages.invalidate import forget
from taskatlas.stages.status import status_of
from tests.support import checkpoints
from tests.support.cards import change_card
from tests.support.endpoint import running, says
from tests.support.projects import write_card, write_project
from tests.support.stage_runs import answered, benchmarked, embedded


def parts(folder: Path) -> set[tuple[str, str]]:
    """(kind, key) of every part."""
    return {(path.parent.name, path.name) for path in Project(folder).parts.root.glob("*/*")}


def kinds(gone: set[tuple[str, str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, _ in gone:
        found[kind] = found.get(kind, 0) + 1
    return found


FORGOTTEN = {
    # answers to the corpus and two datasets, scores on two, vectors in two spaces, raw forecasts in one
    "enc/plain": {"predictions": 3, "scores": 2, "embeddings": 2, "raw_forecasts": 1},
    "enc": {"predictions": 6, "scores": 4, "embeddings": 4, "raw_forecasts": 2},
    "probe": {"predictions": 3, "scores": 2, "embeddings": 2, "raw_forecasts": 1},
    "mood": {"rows": 1, "quality": 1, "quarantine": 1, "good": 1, "examples": 1, "embeddings": 3},
    "web": {"rows": 1, "quality": 1, "quarantine": 1, "good": 1, "examples": 1},
}


@pytest.mark.parametrize("name", FORGOTTEN)
def test_what_is_named_is_forgotten_and_made_again_as_it_was(name: str, copied: Callable[..., Path]):
    folder = copied()
    before = parts(folder)
    (told,) = forget(folder, [name])
    gone = before - parts(folder)
    assert kinds(gone) == FORGOTTEN[name]
    assert told == {"name": name, "parts": len(gone)}
    benchmarked(folder)
    assert parts(folder) == before


def test_several_names_and_a_name_again(copied: Callable[..., Path]):
    folder = copied()
    assert [(row["name"], row["parts"]) for row in forget(folder, ["probe", "mood", "probe"])] == [
        ("probe", 8), ("mood", 8), ("probe", 0),
    ]  # fmt: skip


def test_everything_but_the_bases(copied: Callable[..., Path]):
    folder = copied()
    before = parts(folder)
    (told,) = forget(folder, None)
    left = parts(folder)
    assert {kind for kind, _ in left} == {"bases"}
    assert told == {"name": "everything", "parts": len(before) - len(left)}
    benchmarked(folder)
    assert parts(folder) == before


def test_a_space_that_is_named_begins_anew(copied: Callable[..., Path]):
    folder = copied()
    before, space = parts(folder), space_of(Project(folder).registry, "crosscov")
    assert forget(folder, [space.name]) == [{"name": space.name, "parts": 1}]
    gone = before - parts(folder)
    assert gone == {("bases", f"{space.space_id}.npz"), ("bases", f"{space.space_id}.parquet")}
    assert Plan(Project(folder)).renewed_spaces == [space.space_id], "the next run is told, too"
    plan = benchmarked(folder)
    assert parts(folder) == before, "the corpus is as it was, so the basis and the vectors are"
    assert publish.release(plan)["created"]
    assert Plan(Project(folder)).renewed_spaces == [], "once vectors of it are published"


@pytest.mark.parametrize("paid", [False, True])
def test_what_servers_answered_is_paid_for_and_stays_unless_asked_for(tmp_path: Path, paid: bool):
    folder = write_project(tmp_path / "project", corpus=30)
    for name in ("plain", "warm"):
        change_card(folder / "prompts" / f"{name}.yaml", models=["enc"])
    write_card(folder, "prompts", "free", template="{{ text }}?", models=["served"])
    with running() as server:
        server.usual = says("good")
        write_card(folder, "models", "served", kind="endpoint", url=server.url, model="m", revision="1")
        answered(folder)
        before, asked = parts(folder), len(server.asked)
        assert asked == 30
        assert kinds(before)["answered"] > 0
        (told,) = forget(folder, None, paid=paid)
        left = parts(folder)
        assert told["parts"] == len(before - left)
        assert {kind for kind, _ in left} == (set() if paid else {"answered"})
        answered(folder)
        assert parts(folder) == before
        assert len(server.asked) == (2 * asked if paid else asked)


def test_an_unknown_name_forgets_nothing(copied: Callable[..., Path]):
    folder = copied()
    before = parts(folder)
    with pytest.raises(
        UnknownNameError, match=r"no dataset, corpus, model, subject or space is called 'moood'.*'mood'"
    ):
        forget(folder, ["probe", "moood"])
    assert parts(folder) == before


def test_a_project_that_was_never_run_has_nothing_to_forget(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    assert forget(folder, ["mood"]) == [{"name": "mood", "parts": 0}]
    assert forget(folder, None) == [{"name": "everything", "parts": 0}]


def test_nothing_is_forgotten_while_a_run_is_at_work(copied: Callable[..., Path]):
    folder = copied()
    before = parts(folder)
    with (folder / "warehouse/run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="another run is at work"):
            forget(folder, None)
    assert parts(folder) == before


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished project with a prompt that shows demonstrations of mood."""
    folder = write_project(tmp_path_factory.mktemp("shown") / "project", corpus=30)
    weights = checkpoints.causal(folder / "llama").model_dump(exclude_none=True)
    write_card(folder, "models", "lm", kind="causal", weights=weights)
    demonstrations = {"choose": "random", "dataset": "mood", "count": 2}
    choices = {"positive": "good", "negative": "bad"}
    write_card(folder, "prompts", "few", choices=choices, models=["lm"], demonstrations=demonstrations)
    embedded(folder, "crosscov")
    return folder


def damaged_parts(folder: Path) -> list[Path]:
    """What was set aside."""
    return list((folder / "warehouse" / "damaged").glob("*"))


def broken(shown: Path, folder: Path, how: str) -> Path:
    """A copy in which the examples of mood are damaged, gone, or forgotten with all of mood."""
    shutil.copytree(shown, folder)
    if how == "forgotten":
        forget(folder, ["mood"])
        # what this process read so far, it remembers by its place
        return Path(shutil.copytree(folder, folder.with_name("again")))
    plan = Plan(Project(folder))
    part = plan.project.parts.path("examples", plan.datasets["mood"].examples)
    if how == "damaged":
        part.write_bytes(part.read_bytes()[:99])
    else:
        part.unlink()
    return folder


@pytest.mark.parametrize("how", ["damaged", "gone", "forgotten"])
def test_what_is_owned_by_examples_that_cannot_be_read(shown: Path, tmp_path: Path, how: str):
    """Datasets and corpora can be forgotten whole; what models own depends on the examples."""
    folder = broken(shown, tmp_path / "copy", how)
    before = parts(folder)
    for names in (["lm"], ["enc/plain"], ["feel", "probe"]):
        why = r"the part examples/\S+ (is missing|was damaged and is set aside)"
        what = rf"{names[-1]}: what it owns cannot be told \({why}\).*[Rr]un first: `taskatlas run`"
        with pytest.raises(StoreError, match=what):
            forget(folder, names)
        aside = {("examples", path.name.removeprefix("examples-")) for path in damaged_parts(folder)}
        assert parts(folder) == before - aside, "only what is damaged is set aside"
        assert len(aside) == (how == "damaged")
    assert [(row["stage"], row["done"]) for row in status_of(folder)][1:] == [("predict", None), ("publish", None)]
    told = {row["name"]: row["parts"] for row in forget(folder, ["web", "feel", "mood"])}
    # rows, quality, quarantine, good and examples, and a dataset's vector
    assert told == {"web": 5, "feel": 6, "mood": {"damaged": 5, "gone": 5, "forgotten": 0}[how]}
    assert len(before - aside - parts(folder)) == sum(told.values())
    embedded(folder, "crosscov")
    assert parts(folder) == parts(shown)
    assert forget(folder, ["lm"])[0]["parts"] > 0
