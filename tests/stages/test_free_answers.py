"""Datasets whose labels are free answers, from the file to the recommendation: scores, baselines, vectors, trials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskatlas.plan.demonstrations import demonstrations_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.registry.load import load
from taskatlas.registry.mismatches import mismatches
from taskatlas.stages.recommendations import first_choices, subjects_for
from taskatlas.stages.trying import Bench
from tests.support.cards import change_card
from tests.support.projects import (
    NOUNS,
    parts,
    sentences,
    write_card,
    write_dataset,
    write_project,
    write_recorded,
    written,
)
from tests.support.stage_runs import benchmarked, run_missing

Row = dict[str, Any]
COLUMNS = {"text": "text", "text_pair": "asked", "label": "answers"}
OUTPUT = {**COLUMNS, "label": "output"}


def questions(n: int, seed: int) -> list[Row]:
    """Sentences, with their first noun as the right answer, and a second way to say it."""
    rows = []
    for text in sentences(n, seed):
        noun = next(word for word in text.split() if word in NOUNS)
        rows.append({"text": text, "asked": "what comes first", "answers": [noun, f"the first {noun}"]})
    return rows


def write_reading(folder: Path) -> Path:
    """A project with two datasets of free answers, of which runs measure one, and models that wrote answers."""
    write_project(folder)
    rows, untried = questions(80, 31), questions(120, 32)
    write_dataset(folder, "reading", rows, family="reading", labels="text", columns=COLUMNS)
    about = {"family": "reading", "labels": "text", "columns": COLUMNS, "measure": False}
    write_dataset(folder, "untried", untried, **about)
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    for name, every in {"exact": 1, "half": 2, "seldom": 10}.items():
        said = [
            {**row, "output": f"The {row['answers'][0]}!" if at % every == 0 else "no idea"}
            for at, row in enumerate([*rows, *untried])
        ]
        of_web = [{"text": text, "asked": None, "output": text.split()[at % 3]} for at, text in enumerate(web)]
        write_recorded(folder, name, [*of_web, *said], labels="text", families=["reading"], columns=OUTPUT)
    same = [{"text": row["text"], "asked": row["asked"], "output": "dog"} for row in [*rows, *untried]]
    write_recorded(folder, "same", same, labels="text", families=["reading"], columns=OUTPUT, min_coverage=0.5)
    write_card(folder, "prompts", "chooses", choices={"no": "no", "yes": "yes"}, families=["reading"])
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_reading(tmp_path_factory.mktemp("reading") / "project")
    benchmarked(made)
    return made


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return Plan(Project(folder))


def scores(plan: Plan, subject: str) -> dict[str, float]:
    (answers,) = (each for each in plan.all_answer_sets if each.subject == subject and each.scores)
    rows = plan.project.parts.read("scores", str(answers.scores)).to_pylist()
    assert {row["dataset"] for row in rows} == {"reading"}
    return {row["metric"]: row["value"] for row in rows}


def test_all_metrics_are_measured(plan: Plan):
    exact = scores(plan, "exact")
    assert (exact["exact_match"], exact["f1"]) == (1.0, 1.0)
    assert exact["rouge_l"] == pytest.approx(0.8), "the dog, beside the first dog"
    assert 0.3 < exact["chrf"] < 0.95
    half = scores(plan, "half")
    assert 0.2 < half["exact_match"] == half["f1"] < 0.8


def test_the_best_is_told_with_what_anybody_reaches(plan: Plan):
    rows = {row["candidate"]: row for row in subjects_for(plan, "reading")}
    exact = rows["exact"]
    assert (exact["rank"], exact["verdict"], exact["evidence"], exact["metric"]) == (1, "best", "measured", "f1")
    assert exact["baseline_label"] == "the text itself"
    assert 0.1 < exact["baseline"] < 0.3
    assert rows["half"]["verdict"] == "worse"
    assert rows["same"]["verdict"] == "no better than always answering the text itself"
    assert rows["same"]["note"] == "answers dog to every text"
    assert not any(name.startswith("enc/") or name == "probe" for name in rows), "they write nothing"
    told = first_choices(plan)["reading"]
    assert told.startswith("use exact: measured 1.00")
    assert "always answering the text itself reaches" in told


def test_nothing_is_forecast_there(plan: Plan):
    forecasts = [
        row for key in plan.table_parts["forecasts"] for row in plan.project.parts.read("forecasts", key).to_pylist()
    ]
    assert forecasts
    assert not any(row["dataset"] in ("reading", "untried") for row in forecasts)
    assert all(row["evidence"] is None for row in subjects_for(plan, "untried"))


def test_datasets_and_subjects_have_vectors(plan: Plan):
    for method in ("crosscov", "student"):
        entities = {
            each.entity for each in plan.space_plan(method).vectors if plan.project.parts.has("embeddings", each.key)
        }
        assert {"reading", "untried", "exact", "half"} <= entities, method


def test_a_prompt_that_chooses_is_told(folder: Path):
    told = [str(each) for each in mismatches(load(folder)) if "chooses" in each.where]
    assert told == [
        f"prompts/chooses.yaml: it is never scored on {name}, whose answers are texts, as it chooses among no, yes. "
        f"Ask by a prompt without choices, or take the family reading or the dataset {name} from its card"
        for name in ("reading", "untried")
    ]


def test_another_metric_ranks_anew_and_asks_nobody(tmp_path: Path):
    made = write_reading(tmp_path / "project")
    benchmarked(made)
    before = parts(made)
    change_card(made / "datasets/reading.yaml", metric="exact_match")
    plan = Plan(Project(made))
    run_missing(plan)
    assert not {"predictions", "examples", "embeddings", "rows"} & written(before, parts(made)).keys()
    rows = {row["candidate"]: row for row in subjects_for(plan, "reading")}
    assert {row["metric"] for row in rows.values()} == {"exact_match"}
    assert rows["exact"]["baseline_label"] in NOUNS, "to repeat the text is never an exact match"


def test_a_trial_finds_the_best(tmp_path: Path):
    made = write_reading(tmp_path / "project")
    benchmarked(made)
    trial = Bench(Plan(Project(made)), "untried", "cpu").try_out(90)
    assert trial.standing[0].name == "exact"
    rows = {row["candidate"]: row for row in subjects_for(Plan(Project(made)), "untried")}
    best = rows["exact"]
    assert (best["rank"], best["evidence"], best["tried"], best["metric"]) == (1, "tried", 1.0, "f1")


def test_demonstrations_show_the_first_right_answer(folder: Path):
    write_card(
        folder, "prompts", "shown", template="{{ text }} {{ text_pair }}", datasets=["reading"],
        demonstrations={"choose": "random", "dataset": "reading", "count": 2},
    )  # fmt: skip
    plan = Plan(Project(folder))
    examples = {name: text_set.examples for name, text_set in plan.datasets.items()}
    shown = demonstrations_of(plan.project, [plan.project.registry.prompts["shown"]], examples)["shown"]
    assert shown
    assert all(each.label == next(word for word in each.text.split() if word in NOUNS) for each in shown)
