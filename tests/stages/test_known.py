"""Known scores in recommendations: of the project's own subjects, of others, of other metrics, and with holes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.importers.scores.importing import import_scores
from taskatlas.importers.scores.written import ScoreOptions
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.recommend.known import UNSAID
from taskatlas.stages.completed import completed, enough
from taskatlas.stages.recommendations import first_choices
from tests.support.projects import write_file, write_project
from tests.support.stage_runs import benchmarked

Row = dict[str, Any]
Board = Callable[..., Plan]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A project without known scores."""
    return benchmarked(write_project(tmp_path_factory.mktemp("known") / "project"), "crosscov", "student")


@pytest.fixture
def with_boards(plain: Plan, tmp_path: Path) -> Board:
    """Makes the project's recommendations again with these leaderboards."""

    def run(**boards: str) -> Plan:
        folder = tmp_path / "project"
        shutil.copytree(plain.project.folder, folder)
        files = [write_file(tmp_path, f"{name}.csv", text) for name, text in boards.items()]
        import_scores(folder, files, ScoreOptions())
        return benchmarked(folder, "crosscov", "student")

    return run


def rows_of(plan: Plan, question: str, dataset: str) -> dict[str, Row]:
    (key,) = plan.table_parts["recommendations"]
    made = plan.project.parts.read("recommendations", key).to_pylist()
    return {row["candidate"]: row for row in made if (row["question"], row["dataset"]) == (question, dataset)}


BOARD = """model,dataset,accuracy,n
Their Model/7B,mood,0.97,5000
vader,mood,0.2,100000
nobody,elsewhere,0.9,
"""


def test_a_subject_that_nobody_called_stands_beside_the_measured_ones(plain: Plan, with_boards: Board):
    plan = with_boards(board=BOARD)
    for question in ("prompt", "model"):
        row = rows_of(plan, question, "mood")["Their Model/7B"]
        assert (row["evidence"], row["known"], row["known_from"], row["n"]) == ("known", 0.97, "board", 5000)
        assert (row["measured"], row["forecast"]) == (None, None)
        assert row["low"] < 0.85 < row["expected"] == 0.97
    assert "nobody" not in rows_of(plan, "prompt", "feel"), "nothing that it is known on is known here"
    # of one dataset's scores nothing follows for another
    assert rows_of(plan, "prompt", "feel") == rows_of(plain, "prompt", "feel")


def test_a_known_score_does_not_overrule_a_measured_one(plain: Plan, with_boards: Board):
    own = next(name for name, row in rows_of(plain, "prompt", "mood").items() if row["measured"] is not None)
    before, after = (
        rows_of(plan, "prompt", "mood")[own]
        for plan in (plain, with_boards(board=f"model,dataset,accuracy\n{own},mood,0.01\n"))
    )
    assert (after["evidence"], after["known"]) == ("measured", 0.01)
    assert (after["measured"], after["verdict"], after["n"]) == tuple(before[c] for c in ("measured", "verdict", "n"))
    assert abs(after["expected"] - before["expected"]) < abs(after["expected"] - 0.01), "it counts for less"


def test_scores_of_another_metric_and_cards_that_disagree(plain: Plan, with_boards: Board):
    plan = with_boards(
        f1="model,dataset,macro_f1\nTheirs,mood,0.99\n",
        old="model,dataset,accuracy\nTwice,mood,0.5\n",
        new="model,dataset,accuracy\nTwice,mood,0.9\n",
    )
    found = rows_of(plan, "prompt", "mood")
    assert "Theirs" not in found
    assert (found["Twice"]["known"], found["Twice"]["known_from"]) == (pytest.approx(0.7), "new, old")
    assert found["Twice"]["high"] - found["Twice"]["low"] > 0.5


def test_what_is_recommended_says_where_it_is_known_from(with_boards: Board):
    plan = with_boards(board="model,dataset,accuracy,n\nTheirs,strange,0.95,1000\nTheirs,mood,1.0,100000\n")
    first = min(rows_of(plan, "prompt", "mood").values(), key=lambda row: row["rank"])
    text = first_choices(plan)["mood"]
    assert (first["candidate"] == "Theirs") == ("known from board" in text)


def matrix(holes: int, noise: float = 0.02) -> dict[tuple[str, str], float]:
    """Scores of 8 subjects on 8 datasets, which skill and ease make, with so many holes."""
    random = np.random.default_rng(0)
    skill, ease = np.linspace(0.0, 0.3, 8), np.linspace(0.3, 0.6, 8)
    values = skill[:, None] + ease[None] + random.normal(0.0, noise, (8, 8))
    cells = {(f"s{i}", f"d{j}"): float(values[i, j]) for i in range(8) for j in range(8)}
    for place in random.permutation(64)[:holes]:
        del cells[f"s{place // 8}", f"d{place % 8}"]
    return cells


def test_holes_are_expected_where_skill_says():
    everything, known = matrix(0), matrix(8)
    found = {(row["subject"], row["dataset"]): row for row in completed(enough(known))}
    assert found.keys() == everything.keys() - known.keys()
    errors = [abs(row["value"] - everything[case]) for case, row in found.items()]
    assert float(np.mean(errors)) < 0.05
    assert all(row["low"] < row["value"] < row["high"] for row in found.values())
    assert completed(enough(everything)) == []


def test_those_with_few_scores_are_left_out():
    cells = {**matrix(8), ("seldom", "d0"): 0.9, ("seldom", "d1"): 0.9, ("s0", "rare"): 0.5, ("seldom", "rare"): 0.4}
    assert {name for case in enough(cells) for name in case}.isdisjoint({"seldom", "rare"})
    assert enough({("a", "b"): 0.5}) == {}


def test_one_known_elsewhere_is_forecast_or_unknown(with_boards: Board):
    cells = {(s, "mood" if d == "d0" else d): v for (s, d), v in matrix(0).items() if (s, d) != ("s7", "d0")}
    lines = "".join(f"{subject},{dataset},{value}\n" for (subject, dataset), value in cells.items())
    plan = with_boards(board=f"model,dataset,accuracy\n{lines}seldom,d1,0.9\n")
    found = rows_of(plan, "prompt", "mood")
    assert (found["s7"]["evidence"], found["s7"]["known"]) == ("forecast", None)
    assert found["s7"]["n"] == 7 * UNSAID, "of its scores on seven other datasets"
    assert found["s7"]["expected"] == pytest.approx(matrix(0)["s7", "d0"], abs=0.1)
    assert 0.3 < found["s7"]["high"] - found["s7"]["low"] < 0.5, "what others would measure holds for another setting"
    assert (found["seldom"]["verdict"], found["seldom"]["expected"]) == ("unknown", None)
    assert found["seldom"]["note"] == "known on other datasets, on too few to expect anything here"


def test_without_known_scores_nothing_is_completed(plain: Plan):
    (work,) = (work for work in plain.added_works if work.kind == "completed_scores")
    assert Project(plain.project.folder).parts.count("completed_scores", work.key) == 0
