"""Transfers that somebody else measured: which source is recommended by them, and what they are held against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taskatlas.importers.transfers.importing import import_transfers
from taskatlas.importers.transfers.written import TransferOptions
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.recommend.words import in_words
from taskatlas.stages.transfers import TransferBench
from tests.support.cards import change_card
from tests.support.projects import moods, write_dataset, write_file, write_project
from tests.support.stage_runs import benchmark_missing, benchmarked

Row = dict[str, Any]
NAMES = ("feel", "mood", "tone", "twin")
RIGHT = ("feel", "twin", "tone")
"""Sources of mood, the best first."""


def write_datasets(folder: Path) -> Path:
    write_project(folder)
    for name, seed in (("tone", 21), ("twin", 22)):
        write_dataset(folder, name, moods(48, seed))
    return folder


def bank(folder: Path, gains: dict[tuple[str, str, str], float], name: str = "bank") -> None:
    rows = "\n".join(",".join((*case, str(gain))) for case, gain in gains.items())
    file = write_file(folder.parent, f"{name}.csv", f"setup,target,source,gain\n{rows}\n")
    (outcome,) = import_transfers(folder, [file], TransferOptions())
    assert outcome.state == "imported"


def gains(setups: tuple[str, ...], scale: float = 1.0) -> dict[tuple[str, str, str], float]:
    """Every source's gains, alike for all targets; and those of a dataset that the project does not have."""
    order = {source: place for place, source in enumerate(("strange", *reversed(RIGHT), "mood"))}
    return {
        (setup, target, source): scale * (order[source] - 2)
        for setup in setups
        for target in (*NAMES, "strange")
        for source in (*NAMES, "strange")
        if source != target
    }


def rows(plan: Plan, table: str, **equal: str) -> list[Row]:
    (key,) = plan.table_parts[table]
    made = plan.project.parts.read(table, key).to_pylist()
    return [row for row in made if all(row[name] == value for name, value in equal.items())]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = write_datasets(tmp_path_factory.mktemp("known") / "project")
    bank(folder, gains(("t5", "bert")))
    bank(folder, {("gpt", "mood", "feel"): 30.0, ("gpt", "mood", "twin"): -5.0}, "more")
    return benchmarked(folder, "text", "crosscov")


def test_sources_are_recommended_in_the_order_of_what_they_gained(known: Plan):
    sources = sorted(rows(known, "recommendations", question="source", dataset="mood"), key=lambda row: row["rank"])
    assert [row["candidate"] for row in sources] == list(RIGHT)
    assert [row["note"] for row in sources] == [
        "reported elsewhere: a gain in 3 of 3 setups",
        "reported elsewhere: a gain in 0 of 3 setups",
        "reported elsewhere: a gain in 0 of 2 setups",
    ]
    assert {row["expected"] for row in sources} == {None}, "a gain elsewhere is no score here"
    assert in_words(sources, question="source") == (
        "nothing was measured here; first comes feel, reported elsewhere: a gain in 3 of 3 setups"
    )


def test_ways_of_ranking_are_held_against_them(known: Plan):
    found = {row["method"]: row for row in rows(known, "benchmarks", benchmark="known_transfer")}
    assert found["mean elsewhere"]["value"] == pytest.approx(1.0), "each source gains alike everywhere"
    assert found["oracle"]["value"] == pytest.approx(1.0)
    assert found["random"]["value"] < 1.0
    assert {row["n"] for row in found.values()} == {4}, "targets, however many setups there are"
    assert {"cosine crosscov", "cosine text", "likeness", "forecast of transfers"} <= found.keys()
    assert {row["metric"] for row in found.values()} == {"ndcg"}
    assert not rows(known, "benchmarks", benchmark="transfer"), "nothing was measured here"


def test_what_is_measured_here_counts_for_more(known: Plan, tmp_path: Path):
    folder = write_datasets(tmp_path / "project")
    bank(folder, gains(("t5",)))
    quick = {"labels": 8, "seeds": 1, "source_epochs": 1, "target_epochs": 1}
    change_card(folder / "atlas.yaml", transfers=quick)
    benchmarked(folder, "text")
    TransferBench(Plan(Project(folder)), "cpu", ["mood"]).measure()
    again = Plan(Project(folder))
    benchmark_missing(again)
    of_mood = rows(again, "recommendations", question="source", dataset="mood")
    assert all(row["note"].startswith("gains ") for row in of_mood)
    assert all(row["measured"] is not None or row["expected"] is not None for row in of_mood)
    of_feel = rows(again, "recommendations", question="source", dataset="feel")
    assert all(row["note"].startswith("reported elsewhere") for row in of_feel)
