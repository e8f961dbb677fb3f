"""Regions of a project's spaces: every vector lies in one, whose name says which members it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from tests.support.projects import moods, write_dataset, write_project
from tests.support.stage_runs import benchmarked


def regions_in(plan: Plan) -> list[dict[str, Any]]:
    (key,) = plan.table_parts["regions"]
    rows: list[dict[str, Any]] = plan.project.parts.read("regions", key).to_pylist()
    return rows


def test_every_vector_is_in_a_region_named_by_its_members_and_a_family_that_is_renamed_renames_it(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    write_dataset(folder, "other", moods(60, 9), family="news")
    plan = benchmarked(folder, "text", "crosscov")
    rows = regions_in(plan)
    vectors = [(plan.spaces[method].name, each.entity) for method, of in plan.vectors.items() for each in of]
    assert sorted((row["space"], row["entity"]) for row in rows) == sorted(vectors)
    families = {"sentiment", "news"}
    for name in {(row["space"], row["region"]) for row in rows}:
        members = sorted((row for row in rows if (row["space"], row["region"]) == name), key=lambda row: row["rank"])
        assert [row["rank"] for row in members] == list(range(1, len(members) + 1))
        assert {row["members"] for row in members} == {len(members)}
        family, central = name[1].split(": ")
        assert family in families
        assert central == members[0]["entity"]
        assert members[0]["centrality"] == max(row["centrality"] for row in members)

    def key() -> str:
        return Plan(Project(folder)).table_parts["regions"][0]

    assert key() == plan.table_parts["regions"][0], "found again while nothing changes"
    card = folder / "datasets/other.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("news", "weather"), encoding="utf-8")
    assert key() != plan.table_parts["regions"][0]
