"""Recommendations from the parts of a project: what is known of subjects, models and sources on each dataset."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.encode import Encoder
from taskatlas.recommend.posterior import Estimate, posterior
from taskatlas.stages.likeness import compared_sources
from taskatlas.stages.recommendations import first_choices, recommendations, subjects_for
from tests.support.projects import GOOD, sentences, write_card, write_project, write_recorded, write_rows
from tests.support.stage_runs import benchmarked

Row = dict[str, Any]
TEXTS = 40
FAMILY = {"families": ["told"], "min_coverage": 0.1}


def write_split(folder: Path, name: str, split: str, labels: list[str], seed: int) -> list[Row]:
    texts = sentences(len(labels), seed)
    rows = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    write_rows(folder, f"{name}_{split}", rows)
    return rows


def write_told(folder: Path, name: str, train: list[str], test: list[str], seed: int, **fields: Any) -> list[Row]:
    """A dataset with these labels, and the rows of its test split."""
    write_split(folder, name, "train", train, seed)
    known = {"family": "told", "domain": "made up", "labels": ["negative", "positive"]}
    write_card(folder, "datasets", name, source=f"data/{name}_{{split}}.jsonl", **{**known, **fields})
    return write_split(folder, name, "test", test, seed + 1)


def flipped(label: str) -> str:
    return "positive" if label == "negative" else "negative"


def answers(rows: list[Row], wrong: int) -> list[Row]:
    """Answers to these rows, every so many of which are wrong."""
    step = len(rows) // wrong
    return [
        {"text": row["text"], "output": flipped(row["label"]) if place % step == 0 else row["label"]}
        for place, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A project with a dataset whose scores are known by construction, one of one class, and one nobody answers."""
    folder = write_project(tmp_path_factory.mktemp("told") / "project")
    chance = random.Random(0)
    classes = chance.sample(["negative", "positive"] * (TEXTS // 2), TEXTS)
    # too few labels to say that the surrogate does not see them, so that there are forecasts
    test = write_told(folder, "told", [*classes, *["positive"] * 6], classes, 70)
    single = write_told(folder, "single", classes, ["positive"] * 20, 80)
    write_told(folder, "strange", ["a", "b"] * 10, ["a", "b"] * 10, 90, labels=["a", "b"])
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    # as a student can follow, or there would be no forecast
    of_web = [{"text": text, "output": "positive" if {*text.split()} & {*GOOD} else "negative"} for text in web]
    all_right = [{"text": row["text"], "output": "positive"} for row in single]
    write_recorded(folder, "sure", [*of_web, *answers(test, 4), *all_right], **FAMILY)
    write_recorded(folder, "weak", [*of_web, *answers(test, 20), *all_right], **FAMILY)
    always = [{"text": row["text"], "output": "positive"} for row in [*of_web, *test, *single]]
    write_recorded(folder, "always", always, **FAMILY)
    write_recorded(folder, "partial", [*of_web, *answers(test, 4)[:20]], **FAMILY)
    return benchmarked(folder, "text", "crosscov", "student")


@pytest.fixture(scope="module")
def rows(told: Plan) -> Callable[..., list[Row]]:
    """Rows of a question on a dataset by rank."""
    (key,) = told.table_parts["recommendations"]
    made = told.project.parts.read("recommendations", key).to_pylist()

    def of(question: str, dataset: str) -> list[Row]:
        found = [row for row in made if (row["question"], row["dataset"]) == (question, dataset)]
        assert sorted(row["rank"] for row in found) == list(range(1, len(found) + 1))
        return sorted(found, key=lambda row: row["rank"])

    return of


def test_measured_scores_decide(rows):
    found = {row["candidate"]: row for row in rows("prompt", "told")}
    assert rows("prompt", "told")[0]["candidate"] == "sure"
    assert (found["sure"]["verdict"], found["sure"]["measured"], found["sure"]["n"]) == ("best", 0.9, TEXTS)
    assert found["weak"]["verdict"] == found["always"]["verdict"] == "no better than always answering positive"
    assert found["always"]["note"] == "answers positive to every text"
    assert found["partial"]["note"] == "answered 20 of 40 test texts"
    assert found["partial"]["n"] == 20
    assert {row["baseline"] for row in found.values()} == {0.5}
    assert {row["baseline_label"] for row in found.values()} == {"positive"}, (
        "of equally common classes that of the train split"
    )


def test_a_subject_of_another_family_is_forecast_only(rows):
    found = {row["candidate"]: row for row in rows("prompt", "told")}
    plain = found["enc/plain"]
    assert (plain["measured"], plain["evidence"]) == (None, "forecast")
    assert plain["expected"] == plain["forecast"]
    assert plain["verdict"] != "best"


def test_what_is_expected_is_the_posterior_of_score_and_forecast(told: Plan, rows):
    parts = told.project.parts
    known = {}
    for kind, keys in (("scores", told.table_parts["scores"]), ("forecasts", told.table_parts["forecasts"])):
        for key in keys:
            for row in parts.read(kind, key).to_pylist():
                if row["metric"] == "accuracy":
                    known[kind, row["subject"], row["dataset"]] = Estimate(
                        row["value"], row["low"], row["high"], row["n"]
                    )
    checked = 0
    for dataset in ("told", "mood", "feel"):
        for row in rows("prompt", dataset):
            own = [known.get((kind, row["candidate"], dataset)) for kind in ("scores", "forecasts")]
            expected = posterior("accuracy", *own)
            if expected is None:  # as of one that gives the corpus one answer, and was not measured here
                assert (row["expected"], row["verdict"], row["n"]) == (None, "unknown", 0)
                continue
            assert [row[name] for name in ("expected", "low", "high")] == [
                pytest.approx(getattr(expected, name)) for name in ("expected", "low", "high")
            ]
            checked += all(own)
    assert checked > 4


def test_a_model_stands_by_its_first_subject(rows):
    prompts, models = rows("prompt", "mood"), rows("model", "mood")
    first = {}
    for row in prompts:
        first.setdefault(row["candidate"].partition("/")[0], row)
    assert {row["candidate"] for row in models} == first.keys()
    for row in models:
        assert row["subject"] == first[row["candidate"]]["candidate"]
        assert (row["verdict"], row["expected"]) == tuple(
            first[row["candidate"]][name] for name in ("verdict", "expected")
        )


def test_a_source_stands_by_what_was_fitted_on_it(rows):
    found = {row["candidate"]: row for row in rows("source", "feel")}
    assert "feel" not in found
    assert (found["mood"]["subject"], found["mood"]["note"]) == ("probe", "fitted on it")
    assert all(row["similarity"] is not None for row in found.values())
    assert (found["told"]["subject"], found["told"]["note"]) == ("sure", "best there")
    # nobody answers its labels: it is near, and that is all
    assert found["strange"]["subject"] is None
    assert (found["strange"]["verdict"], found["strange"]["expected"]) == ("unknown", None)
    # what was fitted on the dataset itself says nothing of another one
    assert {row["subject"] for row in rows("source", "mood")} - {None} != {"probe"}
    assert "probe" not in {row["subject"] for row in rows("source", "mood")}


def test_sources_that_nothing_tells_apart_come_by_likeness(told: Plan, rows):
    # nobody answers its labels, so no subject shows what another dataset is good for here
    found = rows("source", "strange")
    assert {(row["verdict"], row["expected"], row["subject"]) for row in found} == {("unknown", None, None)}
    alike = [row["similarity"] for row in found]
    assert alike == sorted(alike, reverse=True)
    assert len(set(alike)) > 1
    assert compared_sources(told.project, told.datasets).likeness()["strange"] == {
        row["candidate"]: pytest.approx(row["similarity"]) for row in found
    }


def test_two_datasets_are_not_compared(told: Plan):
    two = {name: told.datasets[name] for name in ("mood", "feel")}
    assert compared_sources(told.project, two).likeness() == {}


def test_the_likeness_of_sources_encodes_nothing_but_labels(told: Plan, monkeypatch: pytest.MonkeyPatch):
    encoded: list[str] = []
    monkeypatch.setattr(Encoder, "timed", lambda self, texts, **_: encoded.extend(text for text, _ in texts))
    assert compared_sources(told.project, told.datasets).likeness()
    assert encoded == [], "the texts when datasets were embedded, the labels when it was first asked"


def test_scores_on_one_class_are_no_scores(told: Plan, rows):
    found = rows("prompt", "single")
    assert found
    assert {row["verdict"] for row in found} == {"unknown"}
    assert {row["measured"] for row in found} == {None}
    assert {row["baseline"] for row in found} == {None}
    text = "nothing can be told: the test split holds one class alone, positive, so scores there tell nothing"
    assert first_choices(told)["single"] == text


def test_labels_that_nobody_answers_offer_the_mapping(told: Plan, rows):
    assert rows("prompt", "strange") == rows("model", "strange") == []
    text = "no subject answers its labels (a, b); a `mapping` on a card says which answers mean them"
    assert first_choices(told)["strange"] == text


def test_the_same_parts_make_the_same_rows(told: Plan):
    (work,) = (work for work in told.added_works if work.kind == "recommendations")
    made = told.project.parts.read("recommendations", work.key)
    assert recommendations(Project(told.project.folder), work.inputs).equals(made)


def test_numbers_are_held_against_chance(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    texts = sentences(60, 200)
    values = [{"text": text, "label": float(place % 7)} for place, text in enumerate(texts)]
    write_rows(folder, "size", values)
    card = {"family": "size", "domain": "made up", "labels": "number", "source": "data/size.jsonl"}
    write_card(folder, "datasets", "size", **card)
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    given = {"able": lambda row: row["label"], "same": lambda row: 3.0}
    for name, answer in given.items():
        said = [{"text": row["text"], "output": answer(row)} for row in values]
        said += [{"text": text, "output": float(len(text))} for text in web]
        write_recorded(folder, name, said, labels="number", families=["size"])
    plan = benchmarked(folder, "crosscov", "student")
    (key,) = plan.table_parts["recommendations"]
    made = plan.project.parts.read("recommendations", key).to_pylist()
    found = {row["candidate"]: row for row in made if (row["question"], row["dataset"]) == ("prompt", "size")}
    assert (found["able"]["metric"], found["able"]["measured"]) == ("spearman", pytest.approx(1.0))
    assert found["able"]["verdict"] == "best"
    assert found["same"]["verdict"] == "no better than chance"
    assert found["same"]["note"] == "answers the same to every text"
    assert (found["same"]["baseline"], found["same"]["baseline_label"]) == (0.0, None)


def test_scores_on_one_number_are_no_scores(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    texts = sentences(60, 200)
    for split, of_split in (("train", texts[:30]), ("test", texts[30:])):
        rows = [{"text": text, "label": 3.0 if split == "test" else place % 7} for place, text in enumerate(of_split)]
        write_rows(folder, f"flat-{split}", rows)
    fields = {"source": "data/flat-{split}.jsonl", "labels": "number"}
    write_card(folder, "datasets", "flat", family="flats", domain="made up", **fields)
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    longer = [{"text": text, "output": float(len(text))} for text in [*web, *texts]]
    write_recorded(folder, "longer", longer, labels="number", families=["flats"])
    plan = benchmarked(folder)
    text = "nothing can be told: the test split holds one number alone, 3, so scores there tell nothing"
    assert first_choices(plan)["flat"] == text
    (row,) = subjects_for(plan, "flat")
    assert (row["verdict"], row["measured"], row["baseline"]) == ("unknown", None, None)
