"""LangChain's prompts, in their three syntaxes, with examples and without."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard

Card = Callable[..., PromptCard]
Reason = Callable[..., str]


def prompt(template: str, **fields: object) -> str:
    """A file with one prompt."""
    return json.dumps({"_type": "prompt", "template": template, **fields})


def few_shot(**fields: Any) -> str:
    """A file with a prompt that shows two examples."""
    known = {
        "_type": "few_shot",
        "suffix": "Note: {input}\nMood:",
        "example_prompt": {"_type": "prompt", "template": "Note: {note}\nMood: {mood}"},
        "examples": [{"note": "Good soup", "mood": "glad"}, {"note": "Lost {parcel}", "mood": "cross"}],
    }
    return json.dumps({name: value for name, value in (known | fields).items() if value is not None})


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (prompt("Mood of {note}?"), "Mood of T?"),
        (prompt("{{a}} {note} {{{note}}} {{% x"), "{a} T {T} {% x"),
        (prompt("{{{note}"), "{T"),
        (prompt("{lead}: {note}", partial_variables={"lead": "{So}"}), "{So}: T"),
        (prompt("Mood of {{ note }}?", template_format="jinja2"), "Mood of T?"),
        (prompt("{{!ask}}Mood of {{note}} {{{note}}} {{&note}}?", template_format="mustache"), "Mood of T T T?"),
        (
            json.dumps({"lc": 1, "id": ["langchain", "PromptTemplate"], "kwargs": {"template": "Mood of {note}?"}}),
            "Mood of T?",
        ),
    ],
)
def test_a_prompt_shows_what_it_showed(card: Card, content: str, shown: str):
    assert render_inputs(card(content, "mood.json"), [InputRow("T")]) == [shown]


def test_older_files_say_no_type_and_many_are_called_prompt(card: Card, project: Path, tmp_path: Path):
    older = '{"input_variables": ["note"], "template": "Mood of {note}?", "output_parser": null}'
    assert card(older, "prompt.json").name == f"{tmp_path.name.replace('_', '_')}-prompt"


def test_a_template_in_a_file_beside_it(card: Card, reason: Reason, tmp_path: Path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "t.txt").write_text("Mood of {note}?")
    for path, why in (("../x.txt", "does not lie beside it"), ("gone.txt", "there is no such file")):
        assert why in reason(json.dumps({"_type": "prompt", "template_path": path}), "other.json")
    assert card('{"_type": "prompt", "template_path": "inner/t.txt"}', "mood.json").template == "Mood of {{ text }}?"


def test_examples_that_are_asked_as_the_text_is_are_demonstrations(
    project: Path, importing: Callable[..., list[Outcome]]
):
    (outcome,) = importing(few_shot(), "mood.json")
    assert outcome.note == "free text; guessed: text is input; its 2 examples are demonstrations"
    card = load(project).prompts["mood"]
    assert card.template == "Note: {{ text }}\nMood:"
    assert card.demonstrations is not None
    assert [(each.text, each.label) for each in card.demonstrations.examples] == [
        ("Good soup", "glad"),
        ("Lost {parcel}", "cross"),
    ]


@pytest.mark.parametrize(
    ("fields", "before"),
    [
        ({"prefix": "So?"}, "So?\n\nNote: Good soup\nMood: glad\n\nNote: Lost {parcel}\nMood: cross\n\n"),
        (
            {"example_prompt": {"template": "{note} is {mood}"}, "example_separator": "; "},
            "Good soup is glad; Lost {parcel} is cross; ",
        ),
        ({"examples": "examples.json"}, "Note: A\nMood: b\nc\n\n"),
    ],
)  # fmt: skip
def test_other_examples_are_written_out(card: Card, tmp_path: Path, fields: dict[str, object], before: str):
    (tmp_path / "examples.json").write_text('[{"note": "A", "mood": "b", "more": "c"}]')
    if "examples" in fields:
        fields = {**fields, "example_prompt": {"template": "Note: {note}\nMood: {mood}\n{more}"}}
    shown = render_inputs(card(few_shot(**fields), "mood.json"), [InputRow("T")])
    assert shown == [f"{before}Note: T\nMood:"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (prompt("{note!r}"), "it makes something of 'note' that is more than showing it"),
        (prompt("{note:>9}"), "it makes something of 'note'"),
        (prompt("{}"), "it makes something of ''"),
        (prompt("{note"), "it is no f-string template (expected '}' before end of string)"),
        (prompt("x" * 50_001), "it is over 50,000 characters long"),
        (prompt("{{#note}}a{{/note}}", template_format="mustache"), "it holds '{{#note}}', which is more than showing"),
        (prompt("a", template_format="latex"), "its template_format is 'latex': f-string, jinja2 and mustache"),
        (prompt("{{a}}", template_format="jinja2", partial_variables={"b": "c"}), "it has partial_variables in a"),
        (prompt("{a}", partial_variables={"b": 1}), "its partial_variables are no texts"),
        ('{"_type": "prompt"}', "its template is no text"),
        ('{"_type": "chat"}', "its _type is 'chat': prompt and few_shot are read"),
        ('{"lc": 1, "type": "constructor"}', "it is no dumped prompt"),
        (few_shot(examples=[]), "its examples are no list, or an empty one"),
        (few_shot(examples=[{"note": 1}]), "an example holds something that is no text"),
        (few_shot(examples=[{"note": "a", "mood": "b"}] * 65), "it has more than 64 examples"),
        (few_shot(example_prompt=None), "it has no example_prompt"),
        (few_shot(prefix="a", example_separator=1), "its example_separator is no text"),
    ],
)  # fmt: skip
def test_what_is_left_out_says_why(reason: Reason, content: str, why: str):
    assert why in reason(content, "mood.json")
