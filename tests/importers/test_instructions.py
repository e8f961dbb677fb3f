"""Files of Natural-Instructions → a dataset with its data and two prompts, or the reason why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import InputError
from taskatlas.importers import closed as closed_module
from taskatlas.importers.closed import Labelled, closed_set_rows
from taskatlas.importers.datasets import import_instructions
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import render_inputs
from taskatlas.registry.load import load
from taskatlas.stages.validate import validate_project
from tests.support.imported_files import definitions, instances, write_json

Import = Callable[..., list[Outcome]]


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Import:
    """Import one file with these fields into the project."""

    def imported(
        name: str = "shop_mood.json", options: dict[str, Any] | None = None, **fields: object
    ) -> list[Outcome]:
        file = write_json(tmp_path, definitions(**fields), name)
        return import_instructions(project, [file], **(options or {}))

    return imported


def test_a_file_becomes_a_dataset_and_two_prompts(project: Path, run: Import):
    outcomes = run()
    assert [(each.state, each.card) for each in outcomes] == [
        ("imported", "datasets/shop_mood.yaml"),
        ("imported", "prompts/shop_mood-instruction.yaml"),
        ("imported", "prompts/shop_mood-plain.yaml"),
    ]
    assert [each.note for each in outcomes] == ["60 rows, 2 labels", "", ""]
    registry = load(project)
    dataset = registry.datasets["shop_mood"]
    assert (dataset.family, dataset.domain, dataset.license) == ("mood-classification", "Retail, Letters", "unknown")
    assert dataset.labels == ("happy", "sad")
    assert dataset.description == "Natural-Instructions, shop_mood; instances from corner shop"
    rows = [json.loads(line) for line in (project / dataset.source).read_text().splitlines()]
    assert rows == [{"text": each["input"], "label": each["output"][0]} for each in instances()]
    instruction, plain = registry.prompts["shop_mood-instruction"], registry.prompts["shop_mood-plain"]
    assert instruction.choices == plain.choices == {"happy": "happy", "sad": "sad"}
    assert instruction.datasets == plain.datasets == ("shop_mood",)
    assert render_inputs(instruction, [("T", None)]) == ["Tell whether the writer is happy or sad.\n\nT"]
    assert render_inputs(plain, [("T", None)]) == ["T"]


def test_a_run_would_take_what_is_imported(project: Path, run: Import):
    run("so_many.json", Instances=instances(400, joyful=20))
    rows = {row["name"]: row for row in validate_project(project)[0]}
    assert rows["so_many"]["quarantined"] == 0


@pytest.mark.parametrize(
    "definition",
    [
        "Fill {{ text }}, {% if x %} or {# this #}; \\ 'a' \"b\" {{'{{'}} }} %} {",
        "{% raw %}{{ a }}{% endraw %}",
        ["First.", " ", "Second: é 很 😀\u2028."],
        "{{{{{%%}{##}",
        "Line one\r\nline two\n\n- {{x}}",
    ],
)
def test_a_definition_is_shown_as_it_is(project: Path, run: Import, definition: str | list[str]):
    assert run(Definition=definition)[0].state == "imported"
    text = definition if isinstance(definition, str) else "\n".join(each for each in definition if each.strip())
    card = load(project).prompts["shop_mood-instruction"]
    assert render_inputs(card, [("T", None)]) == [text.replace("\r\n", "\n") + "\n\nT"]


def test_options(project: Path, run: Import):
    run(options={"family": "mood", "limit": 40}, Categories=None, Domains=None, Source=None)
    dataset = load(project).datasets["shop_mood"]
    assert (dataset.family, dataset.domain) == ("mood", "unknown")
    assert dataset.description == "Natural-Instructions, shop_mood"
    rows = (project / dataset.source).read_text().splitlines()
    assert len(rows) == 40
    assert set(rows) < {json.dumps({"text": each["input"], "label": each["output"][0]}) for each in instances()}


def test_unusual_instances(project: Path, run: Import):
    odd = [
        {"id": 1, "input": "An old\nform", "output": "Happy"},
        {"id": 2, "input": "  ", "output": ["happy"]},
        {"id": 3, "input": "two", "output": ["happy", "sad"]},
        {"id": 4, "input": "x" * 9000 + "\ud800", "output": [" sad "]},
    ]
    outcomes = run(Instances=instances() + odd)
    assert outcomes[0].note == "62 rows, 2 labels; instances left out: 2"
    dataset = load(project).datasets["shop_mood"]
    assert dataset.max_chars == 9001
    *_, first, last = [json.loads(line) for line in (project / dataset.source).read_text("utf-8").splitlines()]
    assert first == {"text": "An old\nform", "label": "happy"}
    assert last == {"text": "x" * 9000 + "?", "label": "sad"}


FREE = [{"input": f"text number {at}", "output": [f"answer {at}"]} for at in range(60)]
NUMBERS = [{"input": f"{at} and {at}", "output": [f"{at * 2.5}"]} for at in range(60)]
MANY = [{"input": f"t {at}", "output": [f"answer {at % 51}"]} for at in range(153)]
LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "no definition": ({"Definition": None}, "Definition: is missing or empty. Name a file of Natural-Instructions"),
    "a blank definition": ({"Definition": [" "]}, "Definition: is missing or empty"),
    "a definition that is a number": ({"Definition": 7}, "Definition: is neither text nor a list of texts"),
    "categories that are objects": ({"Categories": [{}]}, "Categories: is neither text nor a list of texts"),
    "no instances": ({"Instances": None}, "Instances: is no list, or an empty one"),
    "an empty list": ({"Instances": []}, "Instances: is no list, or an empty one"),
    "an instance that is a text": (
        {"Instances": ["a"]},
        "Instances, number 1: has no input that is text, or no output",
    ),
    "an instance without input": ({"Instances": [{"output": ["a"]}]}, "Instances, number 1: has no input that is text"),
    "an instance without output": ({"Instances": [{"input": "a"}]}, "Instances, number 1: has no input that is text"),
    "an output that is a number": (
        {"Instances": [{"input": "a", "output": [1]}]},
        "Instances, number 1: has an output that is no text",
    ),
    "one output": ({"Instances": instances(0, happy=9)}, "fewer than two outputs are there twice"),
    "no category": ({"Categories": []}, "it names no category; name the family of its dataset with --family"),
    "a long definition": ({"Definition": "x" * 21_000}, "template: string should have at most 20000 characters"),
    "a long output": ({"Instances": instances(60, **{"y" * 201: 2})}, "labels.2: string should have at most 200"),
    "one text": (
        {"Instances": [{"input": "the same text", "output": [("a", "b")[at % 2]]} for at in range(60)]},
        "no row of the train split is labelled",
    ),
}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (FREE, "60 of 60 instances have none, several, or one that is there once"),
        (NUMBERS, "60 of 60 instances have none, several, or one that is there once"),
        (instances() + FREE[:4], "4 of 64 instances have none, several, or one that is there once"),
        (MANY, "51 different ones, and a closed set has 50"),
    ],
    ids=["free", "numbers", "frequent words", "many"],
)
def test_free_text_becomes_the_instruction_alone(project: Path, run: Import, rows: list[dict[str, Any]], why: str):
    before = load(project)
    (outcome,) = run(Instances=rows, Categories=None, options={"limit": 20})
    assert (outcome.state, outcome.card) == ("imported", "prompts/shop_mood-instruction.yaml")
    assert outcome.note == f"a prompt alone, as its outputs are free text: {why}"
    registry = load(project)
    card = registry.prompts["shop_mood-instruction"]
    assert (card.choices, card.datasets, card.families) == ({}, (), ())
    assert render_inputs(card, [("T", None)]) == ["Tell whether the writer is happy or sad.\n\nT"]
    assert registry.datasets == before.datasets
    assert not list((project / "data").glob("shop_mood*"))
    assert [each.state for each in run(Instances=rows)] == ["there already"]
    (changed,) = run(Instances=rows, Definition="Another one.")
    assert changed.note == "prompts/shop_mood-instruction.yaml: another card is called 'shop_mood-instruction'"


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_says_why_and_leaves_nothing(project: Path, run: Import, case: str):
    before = sorted(project.rglob("*"))
    fields, why = LEFT_OUT[case]
    (outcome,) = run(**fields)
    assert (outcome.state, outcome.card) == ("left out", None)
    assert why in outcome.note
    assert sorted(project.rglob("*")) == before


def test_files_that_cannot_be_read_are_told_and_the_others_taken(project: Path, tmp_path: Path):
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    outcomes = import_instructions(project, [broken, tmp_path / "gone.json", write_json(tmp_path, definitions())])
    assert [each.state for each in outcomes] == ["left out"] * 2 + ["imported"] * 3
    assert outcomes[0].note.startswith("line 1: is not JSON")
    assert outcomes[1].note.startswith("there is no such file")


def test_a_second_import_finds_everything_there_and_another_one_changes_nothing(project: Path, run: Import):
    run()
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    assert {each.state for each in run()} == {"there already"}
    (data,) = run(options={"limit": 40})
    assert (data.state, data.note) == ("left out", "data/shop_mood.jsonl: another file is in its place")
    (card,) = run(options={"family": "mood"})
    assert card.note == "datasets/shop_mood.yaml: another card is called 'shop_mood'"
    (prompt,) = run(Definition="Another one.")
    assert prompt.note == "prompts/shop_mood-instruction.yaml: another card is called 'shop_mood-instruction'"
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before


def test_outputs_that_differ_by_case_are_one_label_whatever_their_order():
    rows = [Labelled(f"t{at}", label) for at, label in enumerate(["yes", "Yes", "NO", "Yes", "no", "a"])]
    for ordered in (rows, rows[::-1]):
        closed = closed_set_rows(ordered, 5, None)
        assert {row.text: row.label for row in closed} == {
            "t0": "Yes",
            "t1": "Yes",
            "t3": "Yes",
            "t2": "NO",
            "t4": "NO",
        }


def test_a_limit_takes_the_same_rows_whatever_their_order(monkeypatch: pytest.MonkeyPatch):
    rows = [Labelled(f"t{at}", "ab"[at % 2]) for at in range(50)]
    assert closed_set_rows(rows, 50, 20) == closed_set_rows(rows[::-1], 50, 20)
    with pytest.raises(InputError, match="fewer than two outputs are there twice within --limit"):
        closed_set_rows([Labelled(f"t{at}", str(at // 2)) for at in range(40)], 40, 2)
    monkeypatch.setattr(closed_module, "MAX_LABELS", 1)
    with pytest.raises(InputError, match="2 different ones, and a closed set has 1"):
        closed_set_rows(rows, 50, None)
