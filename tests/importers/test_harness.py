"""Files of lm-evaluation-harness → prompt cards, and every reason for which one is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.imported_files import harness
from tests.support.places import ROOT

CASES = ROOT / "tests" / "cases" / "imports"

Card = Callable[..., PromptCard]
Reason = Callable[..., str]


def test_a_file_becomes_a_card(card: Card):
    prompt = card(harness(), text="note", labels=("sad", "happy"), family="sentiment")
    assert prompt == PromptCard(
        name="corner-shop-2024-shop_notes",
        description="shop_notes (corner/shop 2024)",
        template="Note: {{text}}\nHappy?",
        choices={"sad": "no", "happy": "yes"},
        families=("sentiment",),
    )


def test_a_name_is_not_said_twice(card: Card):
    content = harness(dataset_path="shop_notes", dataset_name=None)
    assert card(content).name == "shop_notes"
    assert card(harness(dataset_name="Shop_Notes", description="So: ")).name == "corner-shop-shop_notes"
    assert (
        card(harness(task=None, dataset_name=7.5, description="Then: "), "from afar.yaml").name
        == "corner-shop-7-5-from-afar"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"doc_to_text": "note"}, "{{text}}"),
        ({"description": "Read {{'closely'}}.\n\n"}, "Read {{'closely'}}.\n\nNote: {{text}}\nHappy?"),
        ({"description": ""}, "Note: {{text}}\nHappy?"),
        ({"doc_to_text": "\n{{ note|trim }}{% if note %}là{% endif %} "},
         "\n{{ text|trim }}{% if text %}là{% endif %} "),
    ],
)  # fmt: skip
def test_what_is_shown(card: Card, fields: dict, expected: str):
    assert card(harness(**fields)).template == expected


@pytest.mark.parametrize(
    "choices",
    [
        ["no ", " yes"],
        "{{['no', 'yes']}}",
        "['no', \"yes\"]",
        {"0": "no", "1": "yes"},
    ],
)
def test_choices_in_every_spelling(card: Card, choices: object):
    assert card(harness(doc_to_choice=choices)).choices == {"no": "no", "yes": "yes"}


@pytest.mark.parametrize(
    ("target", "in_order"),
    [
        ("label", True),
        ("{{label}}", True),
        ("{{ label }}", True),
        ("{{ 1 - label }}", False),
        ("{{ ['x', 'y'].index(label) }}", False),
        ("{% if label %}0{% else %}1{% endif %}", False),
        ("{{label}}{{stars}}", False),
    ],
)
def test_targets(card: Card, reason: Reason, target: str, in_order: bool):
    content = harness(doc_to_target=target)
    if not in_order:
        assert "picks its choice by a rule of its own" in reason(content, labels=("a", "b"))
    assert card(content, labels=("a", "b") if in_order else ()).choices


NOTE = "labels: no → no, yes → yes; columns are those that its process_docs makes"


def test_rows_that_python_changes_first_are_told(importing: Callable[..., list[Outcome]]):
    (outcome,) = importing(harness(process_docs="!function utils.process_docs"), text="note")
    assert (outcome.state, outcome.note) == ("imported", NOTE)


FREE = {"output_type": "generate_until", "doc_to_choice": None, "doc_to_target": "mood"}


@pytest.mark.parametrize(
    "fields",
    [
        FREE,
        {**FREE, "output_type": None},
        {**FREE, "doc_to_target": "{{mood.words[0]}}"},
        {**FREE, "doc_to_target": None},
    ],
)
def test_what_asks_for_free_text_has_no_choices(card: Card, fields: dict[str, object]):
    prompt = card(harness(**fields), labels=("sad", "happy"), family="sentiment")
    assert prompt == PromptCard(
        name="corner-shop-2024-shop_notes",
        description="shop_notes (corner/shop 2024)",
        template="Note: {{text}}\nHappy?",
    )


def test_what_is_written_freely_can_have_choices(card: Card):
    assert card(harness(output_type="generate_until")).choices == {"no": "no", "yes": "yes"}


LEFT_OUT = {
    "a function as text": ({"doc_to_text": "!function utils.text"}, "its doc_to_text is a Python function (!function)"),
    "a function as choices": ({"doc_to_choice": "!function u.c"}, "its doc_to_choice is a Python function (!function)"),
    "a function as target": ({"doc_to_target": "!function u.t"}, "its doc_to_target is a Python function (!function)"),
    "a function as description": ({"description": "!function u.d"}, "its description is a Python function (!function)"),
    "a group": ({"group": "shops"}, "it is a group"),
    "a list": ({"task": ["a", "b"]}, "it is a group"),
    "a likelihood": ({"output_type": "loglikelihood"}, "it asks for a likelihood, not for an answer"),
    "another kind": ({"output_type": ["multiple_choice"]}, "its output_type is no text"),
    "an old kind": ({"output_type": "greedy_until"}, "its output_type is greedy_until"),
    "free text of which the answer is shown": (
        {**FREE, "doc_to_text": "{{note}} {{mood}}"},
        "it uses the column 'mood', which says the answer",
    ),
    "free text with a function": ({**FREE, "doc_to_target": "!function u.t"}, "its doc_to_target is a Python function"),
    "free text with many targets": ({**FREE, "doc_to_target": ["a"]}, "its doc_to_target is no text"),
    "no choices": ({"doc_to_choice": None}, "it has no answer choices (doc_to_choice)"),
    "choices by a rule": (
        {"doc_to_choice": "{{c | list}}"},
        "its answer choices depend on the row by a rule (column 'c",
    ),
    "choices that are counted": ({"doc_to_choice": "{{[a, b + 1]}}"}, "its answer choices depend on the row by a rule"),
    "choices in another order": (
        {"doc_to_choice": "{{[a, b]}}", "doc_to_target": "{{ b if label else a }}"},
        "its target is not the choice at the place of its label",
    ),
    "a table that is no order": (
        {"doc_to_choice": "options", "doc_to_target": "{{ ['b', 'a'].index(label) }}"},
        "its target is not the choice at the place of its label",
    ),
    "no place": ({"doc_to_choice": "options", "doc_to_target": -1}, "its doc_to_target is no place of a choice"),
    "no choice as target": ({"doc_to_choice": "options", "doc_to_target": None}, "its doc_to_target is no choice"),
    "choices that are numbers": ({"doc_to_choice": [1, 2]}, "its doc_to_choice is no list of texts: put quotes"),
    "choices that are not quoted": ({"doc_to_choice": [False, True]}, "its doc_to_choice is no list of texts"),
    "a list of numbers in text": ({"doc_to_choice": "{{[1, 2]}}"}, "its doc_to_choice is no list of texts"),
    "a list and more in text": ({"doc_to_choice": "{{['a']}} {% if 1 %}{% endif %}"}, "its doc_to_choice is no list"),
    "no list in text": ({"doc_to_choice": "a b"}, "it is not a Jinja2 template"),
    "an empty list": ({"doc_to_choice": []}, "it has fewer than two answer choices"),
    "a blank choice": ({"doc_to_choice": ["a", " "]}, "one of its answer choices is blank"),
    "equal choices": ({"doc_to_choice": ["a", "A"]}, "two of its answer choices are the same"),
    "a fixed target": ({"doc_to_target": 0}, "its target is the same for every row"),
    "a target without a column": ({"doc_to_target": "{{ 1 }}"}, "its target is the same for every row"),
    "a list of targets": ({"doc_to_target": ["a"]}, "its doc_to_target is no choice"),
    "no target": ({"doc_to_target": None}, "its doc_to_target is no choice"),
    "no text": ({"doc_to_text": " "}, "its doc_to_text is empty: it shows no row"),
    "a number as text": ({"doc_to_text": 7}, "its doc_to_text is no text"),
    "a number as description": ({"description": 7}, "its description is no text"),
    "the answer": ({"doc_to_text": "{{note}} {{label}}"}, "it uses the column 'label', which says the answer"),
    "options of the row": ({"doc_to_text": "{{note}} {{o[0]}}"}, "it takes the column 'o' for a list"),
    "calls": ({"doc_to_text": "{{note.encode()}}"}, "template, line 1: a prompt may not hold calls of encode()"),
    "an include that is gone": ({"include": "gone"}, "there is no such file"),
    "an include that is far away": ({"include": "/etc/hostname"}, "its include is no name of a file beside it"),
    "an include that is no name": ({"include": [1]}, "its include is no name of a file"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_says_why(reason: Reason, case: str):
    fields, why = LEFT_OUT[case]
    assert why in reason(harness(**fields))


def test_includes_give_what_a_file_does_not_say(card: Card, tmp_path: Path):
    (tmp_path / "common").mkdir()
    (tmp_path / "common/_base").write_text("include: ../_choices\n" + harness(task="base", doc_to_choice=None))
    (tmp_path / "_choices").write_text("doc_to_choice: [cold, warm]\ndoc_to_text: hidden")
    (tmp_path / "_more").write_text("description: 'More: '")
    prompt = card("include: [common/_base, _more]\ntask: mine\n", "mine.yaml")
    assert prompt.name == "corner-shop-2024-mine"
    assert prompt.template == "More: Note: {{text}}\nHappy?"
    assert list(prompt.choices) == ["cold", "warm"]


def test_includes_without_end(reason: Reason, tmp_path: Path):
    why = "it includes more than 20 files, or some that include each other"
    (tmp_path / "b.yaml").write_text("include: a.yaml\n")
    assert reason("include: b.yaml\n", "a.yaml") == why
    for at in range(3):
        (tmp_path / f"d{at}.yaml").write_text(f"include: [{', '.join([f'd{at + 1}.yaml'] * 900)}]\n")
    (tmp_path / "d3.yaml").write_text("task: x\n")
    assert reason("include: d0.yaml\n", "a.yaml") == why


def test_an_include_may_not_hold_what_a_file_may_not(reason: Reason, tmp_path: Path):
    (tmp_path / "bad").write_text("x: !!python/name:os.system\n")
    message = reason("include: bad\n", "a.yaml")
    assert message.endswith(
        "bad, line 1: is not valid YAML: the tag tag:yaml.org,2002:python/name:os.system is not known here"
    )


def test_methods_of_text_are_kept(project: Path):
    (outcome,) = import_files(project, [CASES / "stripcall.yaml"], ImportOptions())
    assert outcome.state == "imported"
    prompt = load(project).prompts["mood-mood_strip"]
    assert render_inputs(prompt, [InputRow("  So it is.\n")]) == ["Note: So it is.\nMood:"]
