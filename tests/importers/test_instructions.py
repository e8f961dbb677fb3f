"""Files of Natural-Instructions → a dataset with its data and prompts, or the reason why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import InputError
from taskatlas.importers import closed as closed_module
from taskatlas.importers.closed import Instance, Labelled, closed_set
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import Demonstrations, WrittenExample
from taskatlas.stages.validate import validate_project
from tests.support.imported_files import definitions, instances, write_json
from tests.support.places import ROOT

CASES = ROOT / "tests" / "cases" / "imports"
Import = Callable[..., list[Outcome]]


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Import:
    """Import one file with these fields into the project."""

    def imported(
        name: str = "shop_mood.json", options: dict[str, Any] | None = None, **fields: object
    ) -> list[Outcome]:
        file = write_json(tmp_path, definitions(**fields), name)
        return import_files(project, [file], ImportOptions(**(options or {})))

    return imported


def test_a_file_becomes_a_dataset_and_prompts(project: Path, run: Import):
    outcomes = run()
    assert [(each.state, each.card) for each in outcomes] == [
        ("imported", "datasets/shop_mood.yaml"),
        ("imported", "prompts/shop_mood-instruction.yaml"),
        ("imported", "prompts/shop_mood-plain.yaml"),
        ("imported", "prompts/shop_mood-examples.yaml"),
    ]
    assert [each.note for each in outcomes] == ["60 rows, 2 labels", "", "", "positive examples: 1"]
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
    assert render_inputs(instruction, [InputRow("T")]) == ["Tell whether the writer is happy or sad.\n\nT"]
    assert render_inputs(plain, [InputRow("T")]) == ["T"]
    examples = registry.prompts["shop_mood-examples"]
    assert examples == instruction.model_copy(
        update={
            "name": "shop_mood-examples",
            "description": "The definition of shop_mood, with its positive examples answered first",
            "demonstrations": Demonstrations(
                choose="fixed",
                examples=(WrittenExample(text="What a day!", label="happy", fields={"explanation": "It exults."}),),
            ),
        }
    )


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
    assert render_inputs(card, [InputRow("T")]) == [text.replace("\r\n", "\n") + "\n\nT"]


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
        {"id": 5, "input": "three", "output": []},
        {"id": 6, "input": "four", "output": ["SAD.", "sad\n", "sad !", "so\nsad"]},
        {"id": 7, "input": "five", "output": ["odd"]},
    ]
    outcomes = run(Instances=instances(100) + odd)
    assert outcomes[0].note == (
        "103 rows, 2 labels; left out: 2 without an input or an output; left out: 1 with several right answers;"
        " left out: 1 with an output that is no label"
    )
    dataset = load(project).datasets["shop_mood"]
    assert dataset.max_chars == 9001
    *_, first, last, of_three = [
        json.loads(line) for line in (project / dataset.source).read_text("utf-8").splitlines()
    ]
    assert first == {"text": "An old\nform", "label": "happy"}
    assert last == {"text": "x" * 9000 + "?", "label": "sad"}
    assert of_three == {"text": "four", "label": "sad"}


def test_rare_labels_go_and_are_told(project: Path):
    outcomes = import_files(project, [CASES / "task9004_rare_kinds.json"], ImportOptions())
    assert [each.state for each in outcomes] == ["imported"] * 3
    assert outcomes[0].note == (
        "720 rows, 4 labels; left out: 28 with one of 14 rare labels"
        " (rare kind 0, rare kind 1, rare kind 10, rare kind 11, rare kind 12, …)"
    )
    assert load(project).datasets["task9004_rare_kinds"].labels == ("adjective", "adverb", "noun", "verb")


def test_a_label_whose_texts_are_alike_stays(project: Path, run: Import):
    alike = "The tailor wrote a long letter to the owner of the corner shop about needle number"
    rows = [{"input": f"{alike} {at}", "output": ["cross"]} for at in range(6)]
    outcomes = run(Instances=instances(200) + rows)
    assert outcomes[0].note == "206 rows, 3 labels; near duplicates stay, as a label would be without rows"
    assert load(project).datasets["shop_mood"].near_duplicates == "keep"
    assert {row["name"]: row for row in validate_project(project)[0]}["shop_mood"]["quarantined"] == 0


def test_positive_examples_that_cannot_be_shown_are_told(project: Path, run: Import):
    examples = [
        {"input": "What a day!", "output": ["merry", "Happy."]},
        {"input": instances()[0]["input"], "output": "happy"},
        {"input": "What a day!", "output": "merry"},
        {"input": "x" * 20_001, "output": "sad"},
    ]
    *_, outcome = run(**{"Positive Examples": examples})
    note = "positive examples: 1; left out: 1 among the instances; left out: 2 without a label, or too long"
    assert (outcome.card, outcome.note) == ("prompts/shop_mood-examples.yaml", note)
    shown = load(project).prompts["shop_mood-examples"].demonstrations
    assert shown is not None
    assert shown.examples == (WrittenExample(text="What a day!", label="happy"),)
    *_, none = run("other.json", **{"Positive Examples": examples[1:2]})
    assert (none.card, none.note) == (
        "prompts/other-plain.yaml",
        "positive examples: 0; left out: 1 among the instances",
    )


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
    "positive examples that are texts": (
        {"Positive Examples": ["a"]},
        "Positive Examples, number 1: has no input that is text, or no output",
    ),
    "positive examples that are a text": ({"Positive Examples": "a"}, "Positive Examples: is no list"),
    "one output": ({"Instances": instances(0, happy=30)}, "fewer than two outputs are there twice"),
    "no category": ({"Categories": []}, "it names no category; name the family of its dataset with --family"),
    "a long definition": ({"Definition": "x" * 21_000}, "template: string should have at most 20000 characters"),
    "a long output": ({"Instances": instances(60, **{"y" * 201: 20})}, "labels.2: string should have at most 200"),
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
    outcome, examples = run(Instances=rows, Categories=None, options={"limit": 20})
    assert (outcome.state, outcome.card) == ("imported", "prompts/shop_mood-instruction.yaml")
    assert outcome.note == f"a prompt alone, as its outputs are free text: {why}"
    registry = load(project)
    assert (examples.card, examples.note) == ("prompts/shop_mood-examples.yaml", "positive examples: 1")
    shown = registry.prompts["shop_mood-examples"].demonstrations
    assert shown is not None
    assert [each.label for each in shown.examples] == ["happy"]
    card = registry.prompts["shop_mood-instruction"]
    assert (card.choices, card.datasets, card.families) == ({}, (), ())
    assert render_inputs(card, [InputRow("T")]) == ["Tell whether the writer is happy or sad.\n\nT"]
    assert registry.datasets == before.datasets
    assert not list((project / "data").glob("shop_mood*"))
    assert [each.state for each in run(Instances=rows)] == ["there already"] * 2
    changed, _ = run(Instances=rows, Definition="Another one.")
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
    outcomes = import_files(
        project, [broken, tmp_path / "gone.json", write_json(tmp_path, definitions())], ImportOptions()
    )
    assert [each.state for each in outcomes] == ["left out"] * 2 + ["imported"] * 4
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


def test_outputs_that_differ_by_case_and_full_stop_are_one_label_whatever_their_order():
    outputs = ["yes", "Yes.", "NO", "Yes.", "no.", "a"]
    rows = [Instance(f"t{at}", (output,)) for at, output in enumerate(outputs * 20 + ["b"])]
    for ordered in (rows, rows[::-1]):
        found = closed_set(ordered, None)
        assert {row.label for row in found.rows} == {"Yes.", "NO", "a"}
        assert len(found.rows) == 120
        assert found.left_out == {"with an output that is no label": 1}
        assert found.label_like(["maybe", "No!", "no"]) == "NO"
        assert found.label_like(["maybe"]) is None


def test_of_few_rows_every_label_stays_that_is_there_twice():
    rows = [Instance(f"t{at}", (output,)) for at, output in enumerate(["yes", "no", "yes", "no", "...", "..."])]
    assert {row.label for row in closed_set(rows, None).rows} == {"yes", "no", "..."}


def test_of_several_outputs_one_is_the_label():
    several = [("yes", "yes indeed"), ("yes", "Yes."), ("yes", "no"), ("y", "n")]
    rows = [Instance(f"t{at}", (("yes", "no")[at % 2],)) for at in range(96)]
    found = closed_set(rows + [Instance(f"s{at}", outputs) for at, outputs in enumerate(several)], None)
    assert [row for row in found.rows if row.text[0] == "s"] == [Labelled("s0", "yes"), Labelled("s1", "yes")]
    assert found.left_out == {"with several right answers": 1, "with an output that is no label": 1}


def test_a_limit_takes_the_same_rows_whatever_their_order(monkeypatch: pytest.MonkeyPatch):
    rows = [Instance(f"t{at}", ("ab"[at % 2],)) for at in range(50)]
    assert closed_set(rows, 20) == closed_set(rows[::-1], 20)
    assert closed_set(rows, 20).left_out == {"beyond --limit": 30}
    with pytest.raises(InputError, match="fewer than two outputs are there twice within --limit"):
        closed_set([Instance(f"t{at}", (str(at // 2),)) for at in range(40)], 2)
    monkeypatch.setattr(closed_module, "MAX_LABELS", 1)
    with pytest.raises(InputError, match="2 different ones, and a closed set has 1"):
        closed_set(rows, None)


def test_free_answers_and_texts_keep_their_lines(project: Path, run: Import):
    verse = {"input": "Roses\n  are red,", "output": "violets\n  are blue."}
    run(Instances=FREE, **{"Positive Examples": [verse]})
    shown = load(project).prompts["shop_mood-examples"].demonstrations
    assert shown is not None
    assert shown.examples == (WrittenExample(text=verse["input"], label=verse["output"]),)


def test_an_explanation_is_a_field_of_its_example(project: Path, run: Import):
    why = "The writer\n likes it. "
    run(Instances=FREE, **{"Positive Examples": [{"input": "Roses", "output": "red", "explanation": why}]})
    shown = load(project).prompts["shop_mood-examples"].demonstrations
    assert shown is not None
    assert [each.fields for each in shown.examples] == [{"explanation": "The writer\n likes it."}]
