"""Free answers that are ranked by similarity of the surrogate: what is said in other words counts, and is read once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from taskatlas.hashing import file_sha256
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict import encode
from taskatlas.stages.recommendations import evidence_for, subjects_for
from taskatlas.stages.trying import Bench
from tests.support.cards import change_card
from tests.support.checkpoints import MINILM
from tests.support.projects import parts, write_card, write_dataset, write_project, write_recorded, written
from tests.support.stage_runs import benchmark_missing, benchmarked, embed_missing, run_missing

Row = dict[str, Any]
FACTS = {
    "the film was great": ("the movie was excellent", "the soup was great"),
    "she bought a new car": ("she purchased an automobile", "she bought a new hat"),
    "the shop is shut": ("the store is closed", "the shop is red"),
    "the baby is asleep": ("the infant is sleeping", "the baby is nice"),
    "the meeting was cancelled": ("they called off the meeting", "the cat was fed"),
    "he is a doctor in London": ("he works as a physician in London", "he is a fan of football in May"),
}
"""What is right, the same in other words, and other things in nearly the same words."""
WHO = ["Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gil", "Hal", "Ida", "Jon", "Kim", "Lee"]


def told(seed: str) -> list[Row]:
    return [
        {"text": f"{who} said on {seed} that {fact}, and left.", "label": fact} for who in WHO for fact in sorted(FACTS)
    ]


def write_telling(folder: Path, metric: str = "similarity") -> Path:
    """A project whose surrogate is MiniLM, with a dataset that runs measure and one that is tried, and models that
    write the same in other words, other things in the same words, and mostly nothing."""
    write_project(folder)
    write_card(folder, "surrogates", "minilm", weights=MINILM.model_dump(mode="json", exclude_defaults=True))
    change_card(folder / "atlas.yaml", surrogate="minilm", methods=["text"])
    shutil.rmtree(folder / "prompts")
    for name in ("enc", "probe"):
        (folder / "models" / f"{name}.yaml").unlink()
    rows, untried = told("Monday"), told("Friday")
    write_dataset(folder, "telling", rows, family="telling", labels="text", metric=metric)
    write_dataset(folder, "untried", untried, family="telling", labels="text", metric=metric, measure=False)
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    for place, name in enumerate(("paraphrased", "misheard")):
        said = [{"text": row["text"], "output": FACTS[row["label"]][place]} for row in (*rows, *untried)]
        said += [{"text": text, "output": text.split()[place]} for text in web]
        write_recorded(folder, name, said, labels="text", families=["telling"])
    silent = [{"text": row["text"], "output": ""} for row in (*rows, *untried)]
    write_recorded(folder, "silent", silent, labels="text", families=["telling"], min_coverage=0.5)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_telling(tmp_path_factory.mktemp("telling") / "project")
    benchmarked(made)
    return made


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No encoder can be had: what is stored has to do."""

    def refuse(*_: object) -> None:
        raise AssertionError("weights are loaded")

    monkeypatch.setattr(encode, "Encoder", refuse)
    encode._kept.cache_clear()


def values(plan: Plan, subject: str) -> dict[str, float]:
    (answers,) = (each for each in plan.all_answer_sets if each.subject == subject and each.scores)
    return {row["metric"]: row["value"] for row in plan.project.parts.read("scores", str(answers.scores)).to_pylist()}


def test_other_words_are_worth_more_than_other_things_and_f1_says_the_contrary(folder: Path):
    plan = Plan(Project(folder))
    same, other = values(plan, "paraphrased"), values(plan, "misheard")
    assert set(same) == {"exact_match", "f1", "rouge_l", "chrf", "similarity"}
    assert same["similarity"] > other["similarity"] + 0.05
    assert same["f1"] < other["f1"] - 0.2
    assert values(plan, "silent")["similarity"] == 0.0


@pytest.mark.usefixtures("without_weights")
def test_it_is_recommended_by_what_is_stored(folder: Path):
    before = parts(folder)
    plan = Plan(Project(folder))
    rows = {row["candidate"]: row for row in subjects_for(plan, "telling")}
    assert {row["metric"] for row in rows.values()} == {"similarity"}
    assert rows["paraphrased"]["measured"] == pytest.approx(values(plan, "paraphrased")["similarity"])
    # the text holds what is right, word for word, amid other words
    assert rows["paraphrased"]["baseline_label"] == "the text itself"
    assert rows["paraphrased"]["rank"] < rows["misheard"]["rank"] < rows["silent"]["rank"]
    evidence = evidence_for(plan, "telling")
    merits = dict(zip([each.name for each in evidence.candidates], evidence.merits, strict=True))
    assert merits["paraphrased"].mean() == pytest.approx(values(plan, "paraphrased")["similarity"])
    assert parts(folder) == before


def test_a_trial_reads_each_answer_once(tmp_path: Path, folder: Path, request: pytest.FixtureRequest):
    copy = Path(shutil.copytree(folder, tmp_path / "project"))
    trial = Bench(Plan(Project(copy)), "untried", "cpu").try_out(60)
    assert trial.standing[0].name == "paraphrased"
    request.getfixturevalue("without_weights")
    rows = {row["candidate"]: row for row in subjects_for(Plan(Project(copy)), "untried")}
    assert (rows["paraphrased"]["rank"], rows["paraphrased"]["evidence"]) == (1, "tried")
    assert rows["paraphrased"]["metric"] == "similarity"
    assert rows["paraphrased"]["tried"] == pytest.approx(0.6, abs=0.25)


def test_another_metric_or_surrogate_is_another_score_and_asks_nobody(tmp_path: Path, folder: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "project"))
    before, keys = parts(copy), {each.scores for each in Plan(Project(copy)).all_answer_sets}
    change_card(copy / "atlas.yaml", surrogate="tiny")
    plan = Plan(Project(copy))
    run_missing(plan)
    assert not {each.scores for each in plan.all_answer_sets if each.scores} & keys
    assert "predictions" not in written(before, parts(copy))
    change_card(copy / "datasets/telling.yaml", metric="rouge_l")
    plan = Plan(Project(copy))
    run_missing(plan)
    assert {row["metric"] for row in subjects_for(plan, "telling")} == {"rouge_l"}
    assert set(values(plan, "misheard")) == {"exact_match", "f1", "rouge_l", "chrf"}


def test_another_metric_of_a_dataset_that_nobody_was_asked_about_is_told(tmp_path: Path, folder: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "project"))
    change_card(copy / "datasets/untried.yaml", metric="chrf")
    plan = Plan(Project(copy))
    assert not plan.is_benchmarked()
    embed_missing(plan)
    benchmark_missing(plan)
    [key] = plan.table_parts["recommendations"]
    rows = plan.project.parts.read("recommendations", key).to_pylist()
    assert {row["metric"] for row in rows if row["dataset"] == "untried"} == {"chrf"}


def test_what_another_surrogate_calls_similarity_is_no_evidence(tmp_path: Path):
    folder = write_telling(tmp_path / "project")
    scores = "subject,dataset,metric,value,n,date\nelsewhere,telling,similarity,0.99,900,2024\n"
    (folder / "data/board.csv").write_text(scores)
    sha256 = file_sha256(folder / "data/board.csv")
    write_card(folder, "known_scores", "board", source="data/board.csv", sha256=sha256)
    change_card(folder / "atlas.yaml", surrogate="tiny")
    plan = benchmarked(folder)
    assert "elsewhere" not in {row["candidate"] for row in subjects_for(plan, "telling")}
    change_card(folder / "datasets/telling.yaml", metric="chrf")
    (folder / "data/board.csv").write_text(scores.replace("similarity", "chrf"))
    change_card(folder / "known_scores/board.yaml", sha256=file_sha256(folder / "data/board.csv"))
    plan = Plan(Project(folder))
    run_missing(plan)
    assert "elsewhere" in {row["candidate"] for row in subjects_for(plan, "telling")}
