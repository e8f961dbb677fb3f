"""Which prompt for a dataset where none was tried: every way of choosing, held against what a project measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from taskatlas.cli.app import app
from taskatlas.errors import InputError, StoreError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.promptchoice import prompt_choices
from tests.support.projects import moods, write_card, write_dataset, write_project
from tests.support.stage_runs import benchmarked

CHOICES = {"cool": ["cold", "kind"], "curt": ["dull", "bright"], "swapped": ["great", "awful"]}


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Five prompts of two encoders, one with its labels exchanged, on two datasets of a family and one apart."""
    folder = write_project(tmp_path_factory.mktemp("prompted") / "project")
    for name, choices in CHOICES.items():
        labelled = dict(zip(("negative", "positive"), choices, strict=True))
        write_card(folder, "prompts", name, choices=labelled, families=["sentiment"], datasets=["apart"])
    for name in ("plain", "warm"):
        card = (folder / "prompts" / f"{name}.yaml").read_text(encoding="utf-8")
        (folder / "prompts" / f"{name}.yaml").write_text(card + "datasets: [apart]\n", encoding="utf-8")
    card = yaml.safe_load((folder / "models" / "enc.yaml").read_text(encoding="utf-8"))
    write_card(folder, "models", "other", **{**card, "name": "other", "prefix": "the dull query: "})
    write_dataset(folder, "apart", moods(60, 11), family="feeling")
    return benchmarked(folder)


def by_method(rows: list[dict[str, Any]], model: str = "enc") -> dict[str, dict[str, Any]]:
    return {row["method"]: row for row in rows if row["model"] == model}


def scores(plan: Plan, dataset: str, model: str = "enc") -> dict[str, float]:
    sets = [each for each in plan.benchmark_work.answer_sets if each.text_set[1] == dataset]
    rows = [row for each in sets for row in plan.project.parts.read("scores", each.scores or "").to_pylist()]
    accuracies = {row["subject"]: row["value"] for row in rows if row["metric"] == "accuracy"}
    return {subject: value for subject, value in accuracies.items() if subject.startswith(f"{model}/")}


def test_ways_are_held_against_what_was_measured(prompted: Plan):
    rows = prompt_choices(prompted)
    ways = by_method(rows)
    measured = {dataset: scores(prompted, dataset) for dataset in ("mood", "feel", "apart")}
    assert all(len(of_dataset) == 5 for of_dataset in measured.values())
    n = len(measured)
    assert ways["oracle"]["accuracy"] == pytest.approx(sum(max(of.values()) for of in measured.values()) / n)
    assert ways["random"]["accuracy"] == pytest.approx(sum(sum(of.values()) / 5 for of in measured.values()) / n)
    assert (ways["oracle"]["regret"], ways["oracle"]["share"], ways["oracle"]["n"]) == (0.0, 1.0, n)
    assert ways["oracle"]["ndcg"] > 0.9  # prompts that are equally good may stand in any order
    assert ways["random"]["ndcg"] < ways["oracle"]["ndcg"]
    expected = {"cosine crosscov", "mean elsewhere", "nearest dataset's best, text", "global entropy", "local entropy"}
    assert ways.keys() >= expected | {"mutual information", "ZPS, majority vote", "student alone"}
    for row in rows:
        assert row["share"] == pytest.approx(1 - row["regret"])
        for column in ("accuracy", "ndcg", "regret", "share"):
            assert row[f"{column}_low"] <= row[column] <= row[f"{column}_high"]


def test_all_models_are_the_mean_of_each_on_a_dataset(prompted: Plan):
    rows = prompt_choices(prompted)
    assert [*dict.fromkeys(row["model"] for row in rows)] == ["enc", "other", "all"]
    best = [max(scores(prompted, of, model).values()) for of in ("mood", "feel", "apart") for model in ("enc", "other")]
    found = by_method(rows, "all")["oracle"]
    assert (found["accuracy"], found["n"]) == (pytest.approx(sum(best) / 6), 3)
    one, other = (by_method(rows, model)["mean elsewhere"] for model in ("enc", "other"))
    assert by_method(rows, "all")["mean elsewhere"]["ndcg"] == pytest.approx((one["ndcg"] + other["ndcg"]) / 2)


def test_the_mean_elsewhere_is_the_best_prompt_of_the_other_datasets(prompted: Plan):
    measured = {dataset: scores(prompted, dataset) for dataset in ("mood", "feel", "apart")}
    picked = []
    for dataset, of in measured.items():
        others = [each for name, each in measured.items() if name != dataset]
        mean = {subject: sum(each[subject] for each in others) for subject in of}
        best = [of[subject] for subject in of if mean[subject] >= max(mean.values()) - 1e-9]
        picked.append(sum(best) / len(best))
    assert by_method(prompt_choices(prompted))["mean elsewhere"]["accuracy"] == pytest.approx(sum(picked) / 3)


def test_a_family_can_be_left_out(prompted: Plan):
    """Then mood and feel know of apart alone; what was fitted on the family's scores is not told."""
    rows = by_method(prompt_choices(prompted, without_family=True))
    measured = {dataset: scores(prompted, dataset) for dataset in ("mood", "feel", "apart")}
    picked = []
    for dataset in ("mood", "feel"):
        best = max(measured["apart"].values())
        picked.append([measured[dataset][name] for name, score in measured["apart"].items() if score >= best - 1e-9])
    told = rows["mean elsewhere"]
    both = {subject: measured["mood"][subject] + measured["feel"][subject] for subject in measured["mood"]}
    apart = [measured["apart"][name] for name, score in both.items() if score >= max(both.values()) - 1e-9]
    assert told["accuracy"] == pytest.approx(sum(sum(each) / len(each) for each in [*picked, apart]) / 3)
    assert "forecast" not in rows


def test_the_command_prints_a_table_or_json(prompted: Plan):
    folder = str(prompted.project.folder)
    told = CliRunner().invoke(app, ["benchmark", "prompts", "--project", folder, "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == prompt_choices(prompted)
    shown = CliRunner().invoke(app, ["benchmark", "prompts", "--project", folder, "--without-family"])
    assert shown.exit_code == 0
    assert "prompts of enc" in shown.stdout


def test_models_with_fewer_prompts_say_what_to_do(finished: Plan):
    with pytest.raises(InputError, match="no model was measured with 3 prompts on a dataset of classes"):
        prompt_choices(finished)


def test_a_project_that_has_not_run_says_so(copied: Callable[..., Path]):
    with pytest.raises(StoreError, match="taskatlas run"):
        prompt_choices(Plan(Project(copied(work=False))))
