"""The plan of a run: every key is computed once, every card and state file is read once, and no part for nothing.

These are counts, not timings: what is done again for nothing is named with the place that asked for it.
"""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from taskatlas.errors import StoreError
from taskatlas.plan import demonstrations
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict import features
from taskatlas.registry import load
from taskatlas.schemas.graph import GRAPH, PartKind
from taskatlas.store.parts import Parts
from tests.support.cards import change_card
from tests.support.places import ROOT
from tests.support.projects import golden_project, write_card, write_project
from tests.support.stage_runs import benchmarked, embed_missing, ingested, keys

Stack = str
"""The frames of taskatlas that led to an event, the innermost last."""


@dataclass
class Events:
    """What happened in one run.

    Attributes:
        keys: (kind, key) of every key that was computed, with the places that asked for it.
        files: the files below the project, but for parts and releases, that were read.
        parts: (kind, key) of every part whose rows or arrays were read.
    """

    folder: Path
    keys: dict[tuple[str, str], list[Stack]] = field(default_factory=dict)
    files: dict[str, list[Stack]] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[Stack]] = field(default_factory=dict)

    def opens(self, path: object, flags: int) -> None:
        """Take note of a file that is opened for reading."""
        if isinstance(path, str | os.PathLike) and flags & os.O_ACCMODE == os.O_RDONLY:
            whole = Path(os.fsdecode(path))
            if whole.is_relative_to(self.folder) and not whole.name.startswith("."):
                name = whole.relative_to(self.folder).as_posix()
                if not name.startswith("warehouse/") or name.startswith("warehouse/state/"):
                    self.files.setdefault(name, []).append(_stack())

    def cards(self) -> dict[str, list[Stack]]:
        return {name: stacks for name, stacks in self.files.items() if name.endswith(".yaml")}

    def states(self) -> dict[str, list[Stack]]:
        return {name: stacks for name, stacks in self.files.items() if name.startswith("warehouse/state/")}

    def sources(self) -> dict[str, list[Stack]]:
        return {name: stacks for name, stacks in self.files.items() if name.startswith("data/")}


_watched: list[Events] = []


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if event == "open" and _watched:
        _watched[-1].opens(given[0], given[2])


sys.addaudithook(_hook)  # for good; it looks at nothing unless something is watched


def _stack() -> Stack:
    ours = [
        frame for frame in traceback.extract_stack() if f"{ROOT}/" in frame.filename or "/taskatlas/" in frame.filename
    ]
    kept = [frame for frame in ours if "/tests/" not in frame.filename]
    return " > ".join(
        f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}" for frame in kept
    )


@contextmanager
def watched(folder: Path) -> Iterator[Events]:
    """What happens in a project within the block, in all threads."""
    events = Events(folder)
    for remembered in (load._load, demonstrations._read, demonstrations._tested, features._ids):
        remembered.cache_clear()  # as in a process of its own
    key, read, read_arrays = PartKind.key, Parts.read, Parts.read_arrays

    def keyed(self: PartKind, *content: object, first: str = "") -> str:
        found = key(self, *content, first=first)
        events.keys.setdefault((self.name, found), []).append(_stack())
        return found

    def rows(self: Parts, kind: str, of: str) -> Any:
        events.parts.setdefault((kind, of), []).append(_stack())
        return read(self, kind, of)

    def arrays(self: Parts, kind: str, of: str) -> Any:
        events.parts.setdefault((kind, f"{of}.npz"), []).append(_stack())
        return read_arrays(self, kind, of)

    with (
        patch.object(PartKind, "key", keyed),
        patch.object(Parts, "read", rows),
        patch.object(Parts, "read_arrays", arrays),
    ):
        _watched.append(events)
        try:
            yield events
        finally:
            _watched.pop()


def more_than_once(events: dict[Any, list[Stack]]) -> dict[Any, list[Stack]]:
    return {what: stacks for what, stacks in events.items() if len(stacks) > 1}


def told(events: dict[Any, list[Stack]]) -> str:
    """Offenders, each with how often and from where."""
    lines = []
    for what, stacks in events.items():
        lines.append(f"{what}: {len(stacks)} times")
        lines += [f"    {stacks.count(stack)} x {stack}" for stack in dict.fromkeys(stacks)]
    return "\n".join(["", *lines])


PROJECTS = {"small": write_project, "of every kind": golden_project}


@pytest.fixture(scope="module", params=PROJECTS)
def once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Path:
    """A project that was run once; do not change it."""
    from taskatlas.flows.atlas import atlas

    folder: Path = PROJECTS[request.param](tmp_path_factory.mktemp("plan") / "project")
    atlas(project=str(folder), device="cpu")
    return folder


@pytest.fixture(scope="module")
def unchanged(once: Path) -> Events:
    """What happens in a run in which nothing is new."""
    from taskatlas.flows.atlas import atlas

    with watched(once) as events:
        result = atlas(project=str(once), device="cpu")
    assert (result["created"], result["computed"]) == (False, 0)
    return events


@pytest.fixture(scope="module")
def described(once: Path, unchanged: Events, tmp_path_factory: pytest.TempPathFactory) -> Events:
    """What happens in the publish flow alone, after a card says something else of a dataset."""
    from taskatlas.flows.publish import publish

    folder = Path(shutil.copytree(once, tmp_path_factory.mktemp("described") / "project"))
    change_card(folder / "datasets" / "mood.yaml", description="Other words.")
    if not is_small(folder):
        shutil.rmtree(folder / "warehouse" / "parts" / "table_contents")
    with watched(folder) as events:
        assert publish(project=str(folder))["created"] is True
    return events


def is_small(folder: Path) -> bool:
    """Whether it is the project of two models; that of every kind has lost what was known of its tables."""
    return len([*(folder / "models").iterdir()]) == 2


@pytest.fixture(params=["unchanged", "described"])
def events(request: pytest.FixtureRequest, unchanged: Events, described: Events) -> Events:
    """Either of both."""
    return unchanged if request.param == "unchanged" else described


def test_every_key_is_computed_once(events: Events):
    kinds = {kind for kind, _ in events.keys}
    assert kinds >= {"predictions", "scores", "bases", "embeddings", "raw_forecasts", "neighbors", "maps", "releases"}
    assert not (again := more_than_once(events.keys)), told(again)


def test_keys_of_sources_are_computed_by_the_run_alone(unchanged: Events, described: Events):
    first = {"rows", "good", "examples"}
    assert {kind for kind, _ in unchanged.keys} >= first
    assert not {kind for kind, _ in described.keys} & first, "publishing looks at no source"
    sources = [*(unchanged.folder / "datasets").iterdir(), *(unchanged.folder / "corpora").iterdir()]
    assert len([kind for kind, _ in unchanged.keys if kind == "rows"]) == len(sources)


def test_every_card_is_read_once(events: Events):
    assert {name.partition("/")[0] for name in events.cards()} >= {"atlas.yaml", "datasets", "models", "prompts"}
    assert not (again := more_than_once(events.cards())), told(again)


def test_every_state_file_is_read_once(events: Events):
    assert not (again := more_than_once(events.states())), told(again)


def test_every_source_is_read_once_and_not_at_all_where_something_is_published(unchanged: Events, described: Events):
    assert len(unchanged.sources()) >= 3
    assert not (again := more_than_once(unchanged.sources())), told(again)
    assert not described.sources(), told(described.sources())


def for_demonstrations(stack: Stack) -> bool:
    """Whether a part is read to tell what a prompt's demonstrations are taken from, which is in its subjects' ids."""
    return "plan/demonstrations.py" in stack


def but_for_demonstrations(parts: dict[tuple[str, str], list[Stack]]) -> dict[tuple[str, str], list[Stack]]:
    kept = {of: [stack for stack in stacks if not for_demonstrations(stack)] for of, stacks in parts.items()}
    return {of: stacks for of, stacks in kept.items() if stacks}


def test_a_run_in_which_nothing_is_new_reads_no_part(unchanged: Events):
    """What it has to know of parts is in their manifests."""
    read = but_for_demonstrations(unchanged.parts)
    assert not read, told(read)


def test_what_demonstrations_are_taken_from_is_read_once(events: Events):
    shown = {of: [stack for stack in stacks if for_demonstrations(stack)] for of, stacks in events.parts.items()}
    assert {kind for (kind, _), stacks in shown.items() if stacks} <= {"examples"}
    assert not (again := more_than_once(shown)), told(again)


def measuring(plan: Plan) -> set[tuple[str, str]]:
    """One vector of each space, which tells how long they are."""
    return {("embeddings", vectors[0].key) for vectors in plan.vectors.values()}


def test_publishing_reads_no_part_of_a_table_that_is_as_it_was(described: Events):
    """Of the small project; of the other the hashes of its tables are not known, and each part is read once to know
    them."""
    plan, read = Plan(Project(described.folder)), but_for_demonstrations(described.parts)
    owed = {(table, key) for table, keys in plan.table_parts.items() for key in keys}
    if is_small(described.folder):
        assert {part for part in read.keys() & owed if part[0] != "quality"} == measuring(plan), told(read)
    else:
        assert owed <= read.keys()
    of_quality = {"flags", "forecast_flags", "seed_checks", "table_checks", "tokens"}
    assert {kind for kind, _ in read.keys() - owed} <= of_quality
    again = {of: stacks for of, stacks in more_than_once(read).items() if of not in measuring(plan)}
    assert not again, told(again)


# the plan by itself


def test_a_plan_is_fixed_once_it_was_asked_and_starts_over_when_told(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    plan = benchmarked(folder)
    before = keys(plan)
    change_card(folder / "prompts/warm.yaml", choices={"negative": "cruel", "positive": "kind"})
    write_card(folder, "models", "second", kind="probe", encoder="enc", dataset="feel")
    assert keys(plan) == before, "what was read stays as it was read"
    plan.start_over()
    assert not keys(plan).keys() <= before.keys()
    assert keys(plan) == keys(Plan(Project(folder)))


def test_plans_ask_for_the_stage_that_has_not_run(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    for ask in (Plan.require_answers, Plan.require_vectors, Plan.require_parts, Plan.model_works):
        with pytest.raises(StoreError, match=r"the ingest stage has not run yet\. Run the ingest flow first"):
            ask(Plan(Project(folder)))
    plan = ingested(folder)
    with pytest.raises(
        StoreError, match=r"the predict stage .*: 9 of 9 answer sets are missing\. Run the predict flow"
    ):
        plan.require_answers()
    assert [work.total for work in plan.model_works()] == [6, 3]


def test_chosen_methods_hold_for_later_stages(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    plan = benchmarked(folder, "crosscov")
    assert (plan.methods, list(plan.spaces), list(plan.vectors)) == (["crosscov"],) * 3
    assert Plan(Project(folder)).methods == ["crosscov"], "as the last embed stage had them"
    again = Plan(Project(folder))
    embed_missing(again)
    assert again.methods == ["text", "crosscov", "student"], "a run that asks for none has the card's"
    assert again.basis_id("crosscov") == plan.basis_id("crosscov")


def test_every_kind_of_the_graph_has_a_key_of_its_own_and_a_higher_version_has_another():
    made = {kind.name: kind.key("content") for kind in GRAPH.values() if not kind.keyed_by}
    assert len(set(made.values())) == len(made)
    for kind in GRAPH.values():
        higher = PartKind(**{**vars(kind), "version": kind.version + 1})
        assert higher.key("content") != kind.key("content")
    assert {kind.keyed_by for kind in GRAPH.values() if kind.keyed_by} <= GRAPH.keys()


def test_every_kind_that_a_run_lists_can_feed_an_added_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plan = Plan(benchmarked(write_project(tmp_path / "project"), "crosscov").project)
    fed = ("rows", "good", "predictions", "scores", "embeddings", "neighbors", "seed_checks", "benchmarks")
    monkeypatch.setitem(GRAPH, "joined", PartKind("joined", "join", fed, "all", function="some.where:join"))
    (work,) = (work for work in plan.added_works if work.kind == "joined")
    assert work.inputs["rows"] == tuple(each.rows for each in plan.text_sets) != ()
    assert work.inputs["good"] == tuple(each.quality for each in plan.text_sets) != work.inputs["rows"]
    assert all(plan.project.parts.has(kind, key) for kind in fed for key in work.inputs[kind]), (
        "each key is that of a part"
    )

    again = Plan(plan.project)
    monkeypatch.setitem(GRAPH, "joined", PartKind("joined", "join", ("servers",), "all", function="some.where:join"))
    with pytest.raises(StoreError, match=r"cannot be made from 'servers'.*[Cc]hoose among .*\bgood\b") as error:
        _ = again.added_works
    named = str(error.value).lower().split("choose among ")[1].split(" in schemas")[0].split(", ")
    monkeypatch.setitem(GRAPH, "joined", PartKind("joined", "join", tuple(named), "all", function="some.where:join"))
    assert list(again.added_works[-1].inputs) == named, "what the error advises works"
