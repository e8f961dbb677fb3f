"""A dataset whose rows have a named field and choices of their own, from ingest to what people read of its release."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.advice.adviser import Adviser
from taskatlas.advice.released import Released
from taskatlas.dashboards.queries import resolve
from taskatlas.plan.demonstrations import demonstrations_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.demonstrations import render_turns
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import distinct
from taskatlas.schemas.inputs import CHOICE_LABELS
from taskatlas.stages import publish
from taskatlas.stages.counted import counted
from taskatlas.stages.nameless import nameless
from taskatlas.stages.predict import texts_of
from taskatlas.stages.trying import Bench
from taskatlas.store.reader import Reader
from taskatlas.transfer.classes import LabelForm
from tests.support import checkpoints
from tests.support.command_line import run_cli
from tests.support.projects import (
    BAD,
    GOOD,
    NOUNS,
    sentences,
    write_card,
    write_dataset,
    write_project,
    write_recorded,
    write_rows,
)
from tests.support.stage_runs import answered, benchmark_missing, embed_missing

LABELS = ["A", "B", "C", "D"]
COLUMNS = {"text": "text", "label": "answer", "fields": {"question": "asked"}, "choices": "options"}
PROMPTS: dict[str, dict[str, Any]] = {
    "own": {"template": "{{ text }} {{ question }}", "choices": "row"},
    "places": {
        "template": "{{ text }} {{ question }}",
        "choices": {label: f"{{{{ choices[{place}] }}}}" for place, label in enumerate(LABELS)},
    },
    "letters": {
        "template": "{{ question }}{% for each in choices %} {{ 'ABCD'[loop.index0] }}) {{ each }}{% endfor %}",
        "choices": {label: label for label in LABELS},
    },
}
SUBJECTS = [*(f"enc/{name}" for name in PROMPTS), "lm/random", "lm/nearest"]


def exam(n: int, seed: int) -> list[dict[str, Any]]:
    """n rows with two to four choices, of which the one that the text holds is right."""
    chance = random.Random(seed)
    rows = []
    for place, text in enumerate(sentences(n, seed)):
        options = chance.sample(GOOD + BAD + NOUNS, 2 + place % 3)
        answer = chance.randrange(len(options))
        row = {"text": f"{text} {options[answer]}", "asked": f"was it {chance.choice(NOUNS)} {place}"}
        rows.append({**row, "options": options, "answer": answer})
    return rows


def write_exam(folder: Path, name: str, n: int, seed: int, **fields: Any) -> None:
    known = {"family": "exam", "columns": COLUMNS, "labels": LABELS}
    write_dataset(folder, name, exam(n, seed), **{**known, **fields})


def recorded(rows: list[dict[str, Any]], **further: Any) -> list[dict[str, Any]]:
    """Outputs of a team: of every third row a wrong one."""
    wrong = [LABELS[(row["answer"] + (place % 3 == 0)) % len(row["options"])] for place, row in enumerate(rows)]
    return [{**row, "output": output, **further} for row, output in zip(rows, wrong, strict=True)]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = write_project(tmp_path_factory.mktemp("exam") / "project")
    write_exam(folder, "exam", 90, 21)
    write_rows(folder, "asked", exam(9, 22))
    asked = {"source": "data/asked.jsonl", "columns": {**COLUMNS, "label": "label"}}
    write_card(folder, "corpora", "web", sources=[{"source": "data/web.jsonl"}, asked])
    write_exam(folder, "later", 60, 23, measure=False)
    for name, prompt in PROMPTS.items():
        write_card(folder, "prompts", name, **prompt, fields=["question"], models=["enc"], families=["exam"])
    weights = checkpoints.causal(folder / "llama").model_dump(exclude_none=True)
    write_card(folder, "models", "lm", kind="causal", weights=weights)
    for choose in ("random", "nearest"):
        shown = {"choose": choose, "dataset": "exam", "count": 2}
        fields = {**PROMPTS["own"], "fields": ["question"], "models": ["lm"], "demonstrations": shown}
        write_card(folder, "prompts", choose, **fields, families=["exam"])
    write_card(folder, "models", "by-exam", kind="probe", encoder="enc", dataset="exam")
    answered_rows = recorded([*exam(90, 21), *exam(60, 23)])
    columns = {**COLUMNS, "label": "output"}
    known = {"labels": LABELS, "families": ["exam"], "columns": columns, "min_coverage": 0.01}
    write_recorded(folder, "noted", [*answered_rows, *recorded(exam(9, 22))], **known)
    plan = answered(folder)
    embed_missing(plan)
    benchmark_missing(plan)
    publish.release(plan)
    return plan


@pytest.fixture(scope="module")
def reader(plan: Plan) -> Reader:
    return Reader(plan.project.folders.catalog)


def answers(reader: Reader, prompt: str, model: str = "enc") -> Iterator[dict[str, Any]]:
    query = """SELECT e.*, p.label AS given, p.probabilities, p.output FROM examples AS e
    JOIN predictions AS p USING (text_id) WHERE e.origin = 'exam' AND e.split = 'test' AND p.subject = $1"""
    yield from reader.sql(query, (f"{model}/{prompt}",)).to_pylist()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_score_is_the_share_of_rows_whose_place_was_answered(reader: Reader, prompt: str):
    rows = [*answers(reader, prompt)]
    query = "SELECT value, n FROM scores WHERE subject = $1 AND dataset = 'exam' AND metric = 'accuracy'"
    [score] = reader.sql(query, (f"enc/{prompt}",)).to_pylist()
    assert (score["n"], score["value"]) == (len(rows), pytest.approx(np.mean([r["given"] == r["label"] for r in rows])))


@pytest.mark.parametrize("prompt", ["own", "places"])
def test_what_a_row_does_not_have_is_no_answer(reader: Reader, prompt: str):
    rows = [*answers(reader, prompt)]
    assert {len(row["choices"]) for row in rows} == {2, 3, 4}
    for row in rows:
        there = len(row["choices"])
        assert sum(row["probabilities"][:there]) == pytest.approx(1, abs=1e-5)
        assert not any(row["probabilities"][there:])
        assert row["output"] == row["choices"][CHOICE_LABELS.index(row["given"])]


def test_rows_choices_are_answered_alike_whichever_way_they_are_written(reader: Reader):
    both = [{row["text_id"]: row["given"] for row in answers(reader, name)} for name in ("own", "places")]
    assert both[0] == both[1]


def test_texts_of_the_corpus_that_lack_something_are_split_and_told(plan: Plan):
    split = "expect_pairs_where_a_pair_is_asked_for"
    rows = {row["origin"]: row for row in counted(plan).to_pylist() if row["expectation"] == split}
    n = plan.corpus.counts["n_texts"]
    assert {origin: row["n_unexpected"] for origin, row in rows.items()} == dict.fromkeys(SUBJECTS, n - 9)
    assert rows["enc/own"]["n"] == n + plan.datasets["exam"].counts["n_test"]


def test_what_is_recorded_of_a_row_is_found_by_all_that_it_holds(reader: Reader):
    rows = reader.sql("""SELECT p.label, e.label AS right FROM predictions AS p JOIN examples AS e USING (text_id)
    WHERE p.subject = 'noted' AND e.origin = 'exam' AND e.split = 'test'""").to_pylist()
    [score] = reader.sql("FROM scores WHERE subject = 'noted' AND metric = 'accuracy'").to_pylist()
    assert score["value"] == pytest.approx(np.mean([row["label"] == row["right"] for row in rows]))
    assert 0.5 < score["value"] < 0.85


@pytest.mark.parametrize("prompt", ["random", "nearest"])
def test_demonstrations_show_the_choices_of_their_own_rows(plan: Plan, reader: Reader, prompt: str):
    card = plan.project.registry.prompts[prompt]
    examples = {name: text_set.examples for name, text_set in plan.datasets.items()}
    context = ModelContext(
        plan.project.folder,
        plan.project.parts,
        "cpu",
        demonstrations=demonstrations_of(plan.project, [card], examples),
        surrogate=plan.project.registry.surrogate,
    )
    asked = distinct(texts_of(plan.project, "dataset", plan.datasets["exam"].examples))
    of_row = {f"{row['text']} {row['asked']}": row["options"][row["answer"]] for row in exam(90, 21)}
    for turns in render_turns(card, asked, context):
        assert len(turns) == 2
        assert all(of_row[shown] == answer for shown, answer in turns)
    assert all(row["output"] in row["choices"] for row in answers(reader, prompt, "lm"))


def test_calls_are_spent_on_rows_with_choices(plan: Plan, tmp_path: Path):
    folder = Path(shutil.copytree(plan.project.folder, tmp_path / "project"))
    trial = Bench(Plan(Project(folder)), "later", "cpu").try_out(60)
    assert trial.new == trial.outcome.calls > 0
    assert not trial.failed
    assert trial.outcome.contenders[0].name in {"enc/own", "enc/places", "noted"}, "who reads the choices"


def test_people_read_fields_by_name(plan: Plan):
    query = (
        "SELECT fields['question'] AS question, choices FROM examples WHERE origin = 'exam' ORDER BY text_id LIMIT 3"
    )
    result = run_cli("sql", query, "--project", plan.project.folder, "--json")
    assert (result.code, result.err) == (0, "")
    rows = json.loads(result.out)
    assert all(row["question"].startswith("was it ") and 2 <= len(row["choices"]) <= 4 for row in rows)


def test_advice_knows_the_corpus_as_the_run_did(plan: Plan, reader: Reader):
    corpus = texts_of(plan.project, "corpus", plan.corpus.examples)
    assert sorted(Released.of(reader).corpus()) == sorted(distinct(corpus))


def test_forecasts_of_rows_with_choices_are_not_lent_to_texts(plan: Plan, reader: Reader):
    assert Adviser.of(plan.project.folder, reader, "cpu").lenders == {"mood", "feel"}


def test_what_stands_beside_a_text_counts_as_a_second_text_among_forms_of_labels(plan: Plan):
    forms = {each.name: each.form for each in nameless(plan.project, plan.benchmark_work)}
    assert forms["exam"] == LabelForm(4, True)
    assert not any(form.pairs for name, form in forms.items() if name not in ("exam", "later"))
    assert len(forms) > 2


def test_the_dashboard_shows_what_stands_beside_a_text(reader: Reader):
    query, pair = resolve("compare_texts", None, {}), {"one": "enc/own", "other": "enc/letters"}
    found = reader.sql(query, {**pair, "origin_kind": "dataset", "origin": "exam"}).to_pylist()
    assert found
    for row in found:
        question, choices = row["beside"].split("\n")
        assert question.startswith("question: was it ")
        assert 2 <= len(choices.split(" | ")) <= 4
    of_corpus = reader.sql(query, {**pair, "origin_kind": "corpus", "origin": "web"}).to_pylist()
    assert None in {row["beside"] for row in of_corpus}
