"""Trying: calls on a dataset that no run measures, kept, resumed, and what is recommended by them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from taskatlas import progress
from taskatlas.errors import InputError, ModelError, StoreError, UnknownNameError
from taskatlas.importers.scores.importing import import_scores
from taskatlas.importers.scores.written import ScoreOptions
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.expense import expense
from taskatlas.stages.invalidate import forget
from taskatlas.stages.recommendations import subjects_for
from taskatlas.stages.trying import Bench, Trial
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.endpoint import fails, repeats, running, says
from tests.support.projects import (
    GOOD,
    moods,
    parts,
    sentences,
    write_card,
    write_dataset,
    write_file,
    write_project,
    write_recorded,
    write_rows,
    written,
)
from tests.support.stage_runs import answered, benchmark_missing, benchmarked

TEXTS, RIGHT = 100, {"r95": 0.95, "r80": 0.8, "r60": 0.6, "r40": 0.4}
LABELS = ["negative", "positive"]


def write_untried(folder: Path) -> Path:
    """A project with a dataset that no run measures, one of numbers, and subjects that are right so often."""
    write_project(folder)
    chance = random.Random(0)
    rows = moods(3 * TEXTS, 70)
    write_dataset(folder, "untried", rows, family="told", test_fraction=0.34, measure=False)
    web = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    of_web = [{"text": text, "label": LABELS[bool(set(text.split()) & set(GOOD))]} for text in web]
    for name, share in RIGHT.items():
        answers = [
            {"text": row["text"], "output": row["label"] if chance.random() < share else other(row["label"])}
            for row in [*of_web, *rows]
        ]
        write_recorded(folder, name, answers, families=["told"], min_coverage=0.1)
    numbers = [{"text": text, "label": chance.random()} for text in sentences(40, 71)]
    write_dataset(folder, "amount", numbers, family="amounts", labels="number", value_range=[0, 1], measure=False)
    exact = [{"text": row["text"], "output": row["label"]} for row in numbers]
    of_numbers = [{"text": text, "output": chance.random()} for text in web]
    write_recorded(folder, "exact", [*of_numbers, *exact], labels="number", families=["amounts"])
    return folder


def other(label: str) -> str:
    return LABELS[1 - LABELS.index(label)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_untried(tmp_path_factory.mktemp("untried") / "project")
    benchmarked(folder)
    return folder


@pytest.fixture
def untried(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def bench(folder: Path, dataset: str = "untried") -> Bench:
    return Bench(Plan(Project(folder)), dataset, "cpu")


def try_out(folder: Path, calls: int, dataset: str = "untried") -> Trial:
    return bench(folder, dataset).try_out(calls)


def test_a_run_does_not_measure_it(made: Path):
    plan = Plan(Project(made))
    assert "untried" not in {each.text_set[1] for each in plan.all_answer_sets}
    evidence = {row["candidate"]: row["evidence"] for row in subjects_for(plan, "untried")}
    assert evidence["r95"] == "forecast"
    assert set(evidence.values()) <= {"forecast", None}, "of a student that is no better than chance there is none"


def test_whether_runs_measure_it_changes_no_rows(untried: Path):
    before = Plan(Project(untried)).text_sets
    change_card(untried / "datasets" / "untried.yaml", measure=True)
    plan = Plan(Project(untried))
    assert plan.recall_text_sets()
    assert plan.text_sets == before
    assert sum(len(work.answer_sets) for work in plan.model_works()) == len(RIGHT)


def test_the_best_is_found_and_recommended(untried: Path):
    trial = try_out(untried, 240)
    assert trial.outcome.contenders[0].name == "r95"
    assert 0 < trial.new == trial.outcome.calls <= 240
    assert not trial.failed
    rows = {row["candidate"]: row for row in subjects_for(Plan(Project(untried)), "untried")}
    best = rows["r95"]
    assert (best["rank"], best["verdict"], best["evidence"], best["measured"]) == (1, "best", "tried", None)
    assert best["tried"] == trial.outcome.contenders[0].tried.value  # type: ignore[union-attr]
    assert best["n"] == trial.outcome.contenders[0].asked
    assert rows["r40"]["rank"] > 2


def test_answers_are_kept_and_nobody_is_called_twice(untried: Path):
    first = try_out(untried, 60)
    assert first.answers == first.new <= 60
    more = try_out(untried, 70)
    assert more.answers == first.new + more.new
    assert 0 < more.new == more.outcome.calls <= 70, "answers that are there cost no call"
    assert [each.asked for each in more.standing if each.name == "r95"] > [0]
    batches = Plan(Project(untried)).tried
    for keys in batches.values():
        asked = [text for key in keys for text in Project(untried).parts.manifest("tried", key)["asked"]]
        assert len(asked) == len(set(asked))


def test_where_it_is_clear_by_what_is_there_nobody_is_called(untried: Path):
    clear = next(trial for trial in (try_out(untried, 200) for _ in range(5)) if trial.is_clear)
    again = try_out(untried, 200)
    assert (again.new, again.answers, again.standing) == (0, clear.answers, clear.standing)


class Stopping:
    """A sink that ends the work after so many calls."""

    def __init__(self, after: int) -> None:
        self.left = after

    def expect(self, stage: str, amount: int, unit: str) -> None:
        assert stage != "try" or unit == "calls"

    def advance(self, stage: str, amount: int) -> None:
        self.left -= amount if stage == "try" else 0
        if self.left <= 0:
            raise KeyboardInterrupt

    def note(self, line: str) -> None:
        pass


def test_an_interrupted_trial_takes_the_same_way(untried: Path, tmp_path: Path):
    whole = try_out(Path(shutil.copytree(untried, tmp_path / "whole")), 240)
    with pytest.raises(KeyboardInterrupt), progress.shown_by(Stopping(70)):
        try_out(untried, 240)
    rest = try_out(untried, 240)
    assert rest.outcome == whole.outcome
    assert 0 < rest.new < whole.new
    assert rest.answers == whole.new <= 240, "its calls count once"
    if not rest.is_clear:
        assert try_out(untried, 30).new <= 30, "it has ended, so another one begins"


def test_another_number_of_calls_after_an_interrupt_is_another_trial(untried: Path):
    with pytest.raises(KeyboardInterrupt), progress.shown_by(Stopping(40)):
        try_out(untried, 240)
    there = bench(untried)
    assert (there.spent(240), there.spent(50)) == (there.answers, 0)
    before = there.answers
    trial = there.try_out(50)
    assert 0 < trial.new <= 50
    assert trial.answers == before + trial.new


def test_what_was_measured_before_a_card_said_otherwise_stays_known_and_is_called_no_more(untried: Path):
    cards = [untried / "datasets" / f"{name}.yaml" for name in ("untried", "amount")]
    for card in cards:
        change_card(card, measure=True)
    benchmarked(untried)
    for card in cards:
        change_card(card, measure=False)
    plan = Plan(Project(untried))
    assert plan.is_answered()
    assert plan.is_benchmarked(), "nothing is to be made anew"
    rows = {row["candidate"]: row for row in subjects_for(plan, "untried")}
    assert {rows[name]["evidence"] for name in RIGHT} == {"measured"}
    assert set(bench(untried).subjects).isdisjoint(RIGHT)
    with pytest.raises(InputError, match="every subject that can answer its labels is measured there"):
        bench(untried, "amount")
    trial = try_out(untried, 40)
    assert trial.outcome.contenders[0].name == "r95"
    assert trial.is_clear
    assert trial.new == 0, "none of those that are left may be better"


def test_the_next_run_makes_recommendations_of_it_and_nothing_else(untried: Path):
    before = parts(untried)
    trial = try_out(untried, 60)
    plan = Plan(Project(untried))
    benchmark_missing(plan)
    made = written(before, parts(untried))
    assert made.pop("tried") >= 2
    made.pop("features", 0)  # the test split was never encoded
    assert made == {"recommendations": 1}
    (key,) = plan.table_parts["recommendations"]
    rows = plan.project.parts.read("recommendations", key).to_pylist()
    tried = {row["candidate"]: row["n"] for row in rows if row["question"] == "prompt" and row["evidence"] == "tried"}
    assert tried == {each.name: each.asked for each in trial.outcome.contenders if each.asked}


def test_known_scores_count_in_what_is_expected_before_any_call(untried: Path, tmp_path: Path):
    before = {each.name: each.known.expected for each in bench(untried).contenders()}
    assert before["r95"] > before["r40"]
    scores = "model,dataset,accuracy,n\nr40,untried,0.99,500\nr95,untried,0.02,500\n"
    import_scores(untried, [write_file(tmp_path, "board.csv", scores)], ScoreOptions())
    benchmarked(untried)
    after = {each.name: each.known.expected for each in bench(untried).contenders()}
    assert after["r95"] < after["r40"]
    assert {name for name in after if after[name] != before[name]} == {"r40", "r95"}


def test_contenders_come_model_by_model(untried: Path):
    models = [each.name.partition("/")[0] for each in bench(untried).contenders()]
    several = len(set(models))
    assert several < len(models), "a model has two prompts"
    assert len(set(models[:several])) == several


def test_numbers_are_tried_too(untried: Path):
    trial = try_out(untried, 12, "amount")
    (only,) = trial.outcome.contenders
    assert (only.name, only.asked) == ("exact", 12)
    assert only.tried is not None
    assert only.tried.value == pytest.approx(1.0)


def test_one_that_was_asked_about_some_texts_and_answered_them_all_has_no_note(untried: Path):
    try_out(untried, 60)
    plan = Plan(Project(untried))
    rows = [row for row in subjects_for(plan, "untried") if row["evidence"] == "tried"]
    assert 0 < max(row["n"] for row in rows) < bench(untried).test.num_rows
    assert {row["note"] for row in rows} == {None}


def test_one_that_leaves_out_texts_that_it_was_asked_about_has_a_note(untried: Path):
    answers = untried / "data" / "r95.jsonl"
    rows = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    asked = set(bench(untried).test["text"].to_pylist())
    left = [row for place, row in enumerate(rows) if row["text"] not in asked or place % 2]
    write_recorded(untried, "r95", left, families=["told"], min_coverage=0.1)
    benchmarked(untried)
    try_out(untried, 10**6)
    row = next(row for row in subjects_for(Plan(Project(untried)), "untried") if row["candidate"] == "r95")
    assert row["note"] == f"answered {row['n']} of {len(asked)} test texts"


def test_a_few_more_calls_show_all_that_was_kept(untried: Path):
    first = try_out(untried, 100)
    fewer = try_out(untried, 8)
    assert fewer.new <= 8
    assert fewer.answers == first.answers + fewer.new
    rows = [row for row in subjects_for(Plan(Project(untried)), "untried") if row["evidence"] == "tried"]
    assert {row["candidate"]: row["n"] for row in rows} == {
        each.name: each.asked for each in fewer.standing if each.asked
    }


@pytest.mark.parametrize("calls", [0, -3])
def test_no_calls_decide_nothing(untried: Path, calls: int):
    with pytest.raises(InputError, match=f"{calls} calls decide nothing.*--calls 1"):
        try_out(untried, calls)


def test_more_calls_than_texts_ask_each_text_once(untried: Path):
    outcome = try_out(untried, 10**6).outcome
    test = bench(untried).test.num_rows
    assert max(each.asked for each in outcome.contenders) <= test
    assert outcome.calls <= test * len(outcome.contenders)


def test_an_interrupted_command_says_that_it_can_go_on(untried: Path):
    with patch("taskatlas.stages.trying.answer_subjects", side_effect=KeyboardInterrupt):
        found = run_cli("try", "untried", "--calls", 60, "--project", untried, "--device", "cpu")
    assert found.code == 130
    assert "interrupted; what was answered is kept, and the same command goes on from there" in found.err


def test_what_cannot_be_tried_is_told(untried: Path):
    with pytest.raises(UnknownNameError, match=r"'untryed'.*'untried'"):
        bench(untried, "untryed")
    measured = {card.name for card in Project(untried).registry.datasets.values() if card.measure}
    assert measured == {"mood", "feel"}
    write_dataset(untried, "strange", [{"text": t, "label": "ab"[i % 2]} for i, t in enumerate(sentences(20, 5))],
                  family="odd", labels=["a", "b"])  # fmt: skip
    with pytest.raises(StoreError, match=r"strange.*run"):
        bench(untried, "strange")
    benchmarked(untried)
    with pytest.raises(InputError, match=r"no subject answers its labels.*taskatlas recommend prompt strange"):
        bench(untried, "strange")


def test_where_calls_would_tell_nothing_none_is_made(untried: Path):
    write_rows(untried, "onesided-train", moods(40, 6))
    write_rows(untried, "onesided-test", [{**row, "label": "negative"} for row in moods(30, 7)])
    split = {"source": "data/onesided-{split}.jsonl", "labels": LABELS, "measure": False}
    write_card(untried, "datasets", "onesided", family="told", domain="made up", **split)
    benchmarked(untried)
    with pytest.raises(InputError, match=r"onesided: the test split holds one class alone, negative.* Give it texts"):
        bench(untried, "onesided")
    (row, *_) = subjects_for(Plan(Project(untried)), "onesided")
    assert (row["verdict"], row["baseline"], row["baseline_label"]) == ("unknown", None, None)


def test_nobody_is_called_on_texts_of_a_source_that_has_changed_since(untried: Path):
    source = untried / "data" / "untried.jsonl"
    before = source.read_bytes()
    source.write_bytes(before.replace(b'"negative"', b'"positive"', 10))
    with pytest.raises(StoreError, match=r"not run since a source or its card changed.*`taskatlas run`"):
        bench(untried)
    source.write_bytes(before)
    assert try_out(untried, 20).new == 20


@pytest.fixture
def served(made: Path, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """The project with a model behind a server that always says positive, and fails when it is told to."""
    folder = Path(shutil.copytree(made, tmp_path / "served"))
    for name in ("plain", "warm"):
        change_card(folder / "prompts" / f"{name}.yaml", models=["enc"])
    choices = {"negative": "negative", "positive": "positive"}
    write_card(folder, "prompts", "free", template="{{ text }}?", choices=choices, models=["served"])
    with running() as server:
        server.usual = says("positive")
        fields = {"url": server.url, "model": "m", "revision": "1", "mode": "generate", "tries": 1, "at_once": 1}
        prices = {"prompt_price": 2.0, "completion_price": 4.0}
        write_card(folder, "models", "served", kind="endpoint", **fields, **prices)
        benchmarked(folder)
        yield lambda: (folder, server)


def test_a_server_that_fails_in_the_middle_is_tried_no_further_and_what_it_answered_counts(
    served: Callable[[], Any],
):
    folder, server = served()
    asked = len(server.asked)
    with patch("taskatlas.stages.trying.BATCH", 4):
        server.script = [*[says("positive")] * 6, fails(500)]
        server.usual = fails(500)
        trial = try_out(folder, 400)
        assert list(trial.failed) == ["served/free"]
        assert "out of memory" in trial.failed["served/free"]
        assert trial.outcome.contenders[0].name == "r95"
        row = next(row for row in subjects_for(Plan(Project(folder)), "untried") if row["candidate"] == "served/free")
        assert (row["evidence"], row["n"]) == ("tried", 6), "two of the batch that broke off count, too"
        server.usual = says("positive")
        again = try_out(folder, 400)
    assert not again.failed
    texts = [body["messages"][-1]["content"] for body in server.asked[asked:]]
    answered = [*texts[:6], *texts[7:]]
    assert len(answered) == len(set(answered))


def test_what_a_server_answered_in_a_run_that_broke_off_costs_no_call(served: Callable[[], Any]):
    folder, server = served()
    change_card(folder / "prompts" / "free.yaml", families=["told"])
    change_card(folder / "datasets" / "untried.yaml", measure=True)
    server.script, server.usual = [says("positive")] * 5, fails(500)
    with pytest.raises(ModelError):
        answered(folder)
    change_card(folder / "datasets" / "untried.yaml", measure=False)
    server.usual = says("positive")
    benchmarked(folder)
    asked, there = len(server.asked), bench(folder)
    assert there.left()["served/free"] == there.test.num_rows - 5
    assert (there.answers, there.new, len(server.asked)) == (5, 0, asked)
    trial = there.try_out(10**4)
    assert trial.answers == trial.new + 5


def test_one_that_writes_freely_is_tried_by_what_it_wrote(served: Callable[[], Any]):
    folder, server = served()
    server.usual = repeats
    change_card(folder / "models" / "served.yaml", revision="2")
    benchmarked(folder)
    trial = try_out(folder, 10**4)
    row = next(row for row in subjects_for(Plan(Project(folder)), "untried") if row["candidate"] == "served/free")
    assert not trial.failed
    asked = {each.name: each.asked for each in trial.standing}
    assert asked["served/free"] == bench(folder).test.num_rows
    # what never says a label is no candidate, however often it was asked
    assert (row["n"], row["evidence"], row["note"]) == (0, None, "none of its answers is a label here")


def test_a_subject_that_is_forgotten_is_tried_anew(untried: Path):
    first = try_out(untried, 60)
    (told,) = forget(untried, ["r95"])
    assert told["parts"] > 0
    plan = Plan(Project(untried))
    assert ("r95", "untried") not in plan.tried
    assert len(plan.tried) == len([each for each in first.outcome.contenders if each.asked]) - 1
    forget(untried, None)
    assert Plan(Project(untried)).project.parts.keys("tried")
    forget(untried, None, paid=True)
    assert not Plan(Project(untried)).project.parts.keys("tried")


def test_the_command_says_what_came_of_it(untried: Path):
    found = run_cli("try", "untried", "--calls", 120, "--project", untried, "--device", "cpu", "--json")
    assert found.code == 0
    assert "At most 120 calls of" in found.err
    assert "they cost time alone" in found.err
    told = json.loads(found.out)
    assert told["tried"][0]["subject"] == "r95"
    assert told["text"].startswith("use r95: tried on")
    assert told["new_calls"] == told["answers"] <= 120
    said = {row["candidate"]: [row[name] for name in ("expected", "low", "high")] for row in told["rows"]}
    assert [[row[name] for name in ("expected", "low", "high")] for row in told["tried"]] == [*said.values()]
    assert [row["subject"] for row in told["tried"]] == [*said], "one order and one number everywhere"
    again = run_cli("try", "untried", "--calls", 10, "--project", untried, "--device", "cpu")
    assert again.code == 0
    assert f"There already: {told['answers']} answers; they cost no call." in again.err
    assert again.out.startswith(f"{told['answers']} answers were there, ")
    assert " calls made" in again.out
    assert "Use r95: tried on" in again.out
    none = run_cli("try", "untried", "--calls", 0, "--project", untried)
    assert none.code == 2
    assert "give --calls 1 or more" in none.err.lower()


def test_calls_cost_no_more_than_there_are_texts_to_ask_servers_about(served: Callable[[], Any]):
    folder, _ = served()
    plan = Plan(Project(folder))
    left = bench(folder).left()
    texts = bench(folder).test.num_rows
    assert left == dict.fromkeys(left, texts)
    most = expense(plan, left, 10**9)
    assert (most.calls, most.of_servers) == (texts * len(left), texts)
    assert most.dearest == pytest.approx((7 * 2.0 + 2 * 4.0) / 1e6)
    assert expense(plan, left, 3)[:2] == (3, 3)
    assert expense(plan, {**left, "served/free": 0}, 10**9) == (texts * (len(left) - 1), 0, None, 0)


def test_servers_are_called_only_with_consent(served: Callable[[], Any]):
    folder, server = served()
    asked = len(server.asked)
    command = ("try", "untried", "--calls", 400, "--project", folder, "--device", "cpu")
    refused = run_cli(*command)
    assert refused.code == 2
    assert "they cost at most" in refused.err
    assert "Give --yes" in refused.err
    assert len(server.asked) == asked
    agreed = run_cli(*command, "--yes", "--json")
    assert agreed.code == 0
    calls = next(each["texts"] for each in json.loads(agreed.out)["tried"] if each["subject"] == "served/free")
    assert calls > 0
    assert len(server.asked) == asked + calls
    costs = {row["subject"]: row for row in Plan(Project(folder)).card_tables["costs"].to_pylist()}
    assert costs["served/free"]["answers"] == costs["served/free"]["requests"] == len(server.asked)
    assert costs["served/free"]["timed"] == len(server.asked)
