"""What a project knows of subjects before they are called, from the parts of a real one; and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.forecast.consensus import NOT_ASKED
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages import indications as stage
from taskatlas.stages.forecasts import forecasts, raw_forecasts
from tests.support.projects import golden_project
from tests.support.stage_runs import embedded


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = golden_project(tmp_path_factory.mktemp("indications"))
    return embedded(folder, *Plan(Project(folder)).methods)


def test_every_forecast_of_classes_has_its_indications(plan: Plan):
    raw = raw_forecasts(plan.project, plan.benchmark_work)
    found = stage.indications(plan.project, plan.benchmark_work, raw, "cpu")
    for metric in ("accuracy", "macro_f1"):
        cells = {(subject, each.dataset, metric) for each in found[metric] for subject in each.subjects}
        assert cells == {case for case in raw if case[2] == metric}
        assert cells
        for each in found[metric]:
            expected = [raw[subject, each.dataset, metric] for subject in each.subjects]
            assert each.student.tolist() == [one.value for one in expected]
            assert each.sigma.tolist() == [one.sigma for one in expected]
            assert ((each.consensus >= 0) & (each.consensus <= 1)).all()
            assert ((each.agreement >= 0) & (each.agreement <= 1)).all()
    worth = {each.dataset: each.consensus for each in found["accuracy"]}
    assert all(np.array_equal(each.consensus, worth[each.dataset]) for each in found["macro_f1"])


def test_answers_are_read_as_labels_of_the_dataset(plan: Plan):
    work, project = plan.benchmark_work, plan.project
    raw = raw_forecasts(project, work)
    subject, dataset, _ = next(case for case in raw if case[2] == "accuracy")
    card = project.registry.datasets[dataset]
    ids = project.parts.read("examples", work.text_sets[-1].examples)["text_id"].to_pylist()
    asked = [*ids, "a text that nobody was asked about"]
    answers = stage._labels(project, card, subject, stage._given(project, stage._answer_keys(work), asked, subject))
    assert answers.shape == (len(ids) + 1,)
    assert answers[-1] == NOT_ASKED
    answer_set = next(each for each in plan.all_answer_sets if each.subject == subject and each.text_set[0] == "corpus")
    given = project.parts.read("predictions", answer_set.key)
    labels = dict(zip(given["text_id"].to_pylist(), given["label"].to_pylist(), strict=True))
    said = [card.class_labels[at] if at >= 0 else None for at in answers[:-1]]
    assert said == [labels[text_id] if labels[text_id] in card.class_labels else None for text_id in ids]


def test_the_table_holds_a_row_for_every_forecast(plan: Plan):
    rows = forecasts(plan.project, plan.benchmark_work).rows.to_pylist()
    raw = raw_forecasts(plan.project, plan.benchmark_work)
    assert [(row["subject"], row["dataset"], row["metric"]) for row in rows] == list(raw)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert all(row["fidelity"] == raw[row["subject"], row["dataset"], row["metric"]].fidelity for row in rows)
