"""Recorded models that lack answers: told before anything is computed, with advice that works; a run goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from taskatlas.hashing import file_sha256
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.coverage import Coverage, advice, coverage_of, recorded_models, without_vector
from taskatlas.stages.flags import flag_rows
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.stages.validate import validate_project
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.projects import moods, write_dataset, write_recorded, write_rows
from tests.support.stage_runs import benchmarked, ingested


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / f"data/{name}.jsonl").read_text().splitlines()]


def coverages(plan: Plan) -> list[Coverage]:
    return [each for card in recorded_models(plan.project) for each in coverage_of(plan, card)]


def write_three(folder: Path) -> None:
    """Recorded models: one of the test splits alone, one of half the corpus as well, one of no text that is asked."""
    right = [
        {"text": row["text"], "output": row["label"]} for name in ("mood", "feel") for row in rows_of(folder, name)
    ]
    web = rows_of(folder, "web")[::2]
    half = [{**row, "output": ("negative", "positive")[at % 2]} for at, row in enumerate(web)]
    write_recorded(folder, "tests-only", right, families=["sentiment"])
    write_recorded(folder, "half", [*right, *half], families=["sentiment"])
    write_recorded(folder, "nothing", [{"text": "never asked", "output": "negative"}], families=["sentiment"])


def test_a_run_goes_on_and_gives_scores_alone(finished: Plan, copied: Callable[..., Path]):
    folder = copied()
    write_three(folder)
    plan = benchmarked(folder)
    assert {vector.entity for vector in plan.vectors["student"] if vector.kind == "subject"} == {
        "enc/plain", "enc/warm", "probe",
    }  # fmt: skip
    scored = {each.subject: 0 for each in plan.all_answer_sets}
    for each in plan.all_answer_sets:
        scored[each.subject] += plan.project.parts.count("scores", each.scores) if each.scores else 0
    assert scored["tests-only"] == scored["half"] == scored["probe"] > 0 == scored["nothing"]
    told = without_vector(plan)
    missing = {"half": 30, "nothing": 60, "tests-only": 60}
    assert told.keys() == missing.keys()
    flags = {row["origin"]: row for row in flag_rows(plan, seed_checks_of(plan)).to_pylist()}
    for name, n in missing.items():
        why = f"{n} of 60 corpus texts have no recorded output"
        assert str(told[name]).startswith(f"models/{name}.yaml: {why}, so it gets scores alone")
        assert json.loads(flags[name]["detail"])["observed"] == why
        assert flags[name]["expectation"] == "expect_corpus_to_be_answered"
    keys = {vector.key for method in finished.methods for vector in finished.space_plan(method).vectors}
    assert keys <= {vector.key for vectors in plan.vectors.values() for vector in vectors}, "nobody else's changed"


def test_validate_tells_each_text_set_and_what_helps(copied: Callable[..., Path]):
    folder = copied(work=False)
    write_three(folder)
    said = run_cli("validate", "--project", folder)
    assert said.code == 0
    lines = [line.split() for line in said.err.splitlines()]
    assert ["tests-only", "corpus", "60", "0"] in lines
    assert ["half", "corpus", "60", "30"] in lines
    [mood] = [line for line in lines if line[:2] == ["half", "mood,"]]
    assert mood[-1] == mood[-2] != "0", "all of a test split"
    notes = [line for line in said.err.splitlines() if line.startswith("note models/")]
    half, nothing, alone = sorted(notes)
    assert "30 of 60 corpus texts have no recorded output, first: " in half
    assert "min_coverage: 0.5" in half
    assert "no output for any text of a run" in nothing
    assert "scores alone" in alone
    assert "min_coverage" not in nothing + alone, "a lower value would not help"


def test_a_lower_coverage_helps_where_it_is_advised(copied: Callable[..., Path]):
    folder = copied()
    web = rows_of(folder, "web")[:7]
    write_recorded(folder, "few", [{**row, "output": ("negative", "positive")[at % 2]} for at, row in enumerate(web)])
    plan = ingested(folder)
    [said] = advice(plan.project, coverages(plan))
    [written] = re.findall(r"`(min_coverage: [\d.]+)`", said.todo)
    change_card(folder / "models/few.yaml", **yaml.safe_load(written))
    plan = benchmarked(folder)
    assert "few" in {vector.entity for vector in plan.vectors["student"]}
    assert without_vector(plan) == {}


@pytest.mark.parametrize("outputs", [["positive"], []])
def test_none_is_advised_where_it_could_not_help(copied: Callable[..., Path], outputs: list[str]):
    folder = copied()
    [first, *_] = rows_of(folder, "web")
    tests = [{"text": row["text"], "output": row["label"]} for row in rows_of(folder, "mood")]
    write_recorded(folder, "few", [*tests, *({**first, "output": each} for each in outputs)], datasets=["mood"])
    plan = ingested(folder)
    [said] = advice(plan.project, coverages(plan))
    assert "no recorded output" in said.what
    assert "min_coverage" not in said.todo


def test_what_is_listed_can_be_answered_and_added(copied: Callable[..., Path]):
    folder = copied()
    write_three(folder)
    rows, owed, found = validate_project(folder)
    assert {row["name"] for row in rows} == {"mood", "feel", "web"}
    assert {row["name"] for row in owed} == {"tests-only", "half", "nothing"}
    told = advice(Project(folder), found)
    listed = {name: folder / f"warehouse/unanswered/{name}.jsonl" for name in ("tests-only", "half", "nothing")}
    assert all(any(f"{path.relative_to(folder)}" in each.todo for each in told) for path in listed.values())
    for name, path in listed.items():
        texts = [json.loads(line) for line in path.read_text().splitlines()]
        for at, row in enumerate(texts):
            assert row["output"] is None
            row["output"] = ("negative", "positive")[at % 2]
        answered = write_rows(folder, name, [*rows_of(folder, name), *texts])
        change_card(folder / f"models/{name}.yaml", sha256=file_sha256(answered))
    plan = benchmarked(folder)
    assert listed.keys() <= {vector.entity for vector in plan.vectors["student"]}
    found = coverages(plan)
    assert [each.missing for each in found] == [()] * 9
    assert advice(plan.project, found) == []
    assert not any(path.exists() for path in listed.values())


def test_columns_that_are_not_named_are_told(copied: Callable[..., Path]):
    folder = copied()
    rows = [{**row, "other": f"number {at}"} for at, row in enumerate(moods(60, 5))]
    write_dataset(folder, "twice", rows, columns={"text_pair": "other"}, family="twice")
    said = [{"text": row["text"], "other": row["other"], "output": row["label"]} for row in rows]
    web = [{**row, "output": ("negative", "positive")[at % 2]} for at, row in enumerate(rows_of(folder, "web"))]
    write_recorded(folder, "blind", [*said, *({**row, "other": None} for row in web)], families=["twice"])
    plan = ingested(folder)
    [told] = advice(plan.project, coverages(plan))
    assert told.what == "it has no score on twice, whose texts have a second text that its columns do not name"
    change_card(folder / "models/blind.yaml", columns={"label": "output", "text_pair": "other"})
    assert advice(plan.project, coverages(ingested(folder))) == []


def test_what_a_run_would_refuse_of_a_file_validate_refuses(copied: Callable[..., Path]):
    folder = copied()
    write_recorded(folder, "wrong", [{"text": "a", "output": "negativ"}])
    said = run_cli("validate", "--project", folder)
    assert said.code == 2
    assert "models/wrong.yaml: model wrong: data/wrong.jsonl, row 1: the output 'negativ' is none" in said.err
