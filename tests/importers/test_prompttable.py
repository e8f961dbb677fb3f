"""Prompts as a table: as Excel, Windows and people write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from taskatlas.importers import prompttable
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard

Import = Callable[..., list[Outcome]]
Card = Callable[..., PromptCard]
Reason = Callable[..., str]
TABLE = 'name,template,choices\nmood,"Note: {{text}}, so:",bad|good\n'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TABLE, "t.csv"),
        (TABLE.replace("bad|good", '"[""bad"", ""good""]"'), "t.csv"),
        (TABLE.replace("{{text}}", "{note}"), "t.csv"),
        (TABLE.replace("name,template,choices", "NAME, Prompt ,Choices"), "t.csv"),
        ('sep=;\nname;template;choices\nmood;"Note: {{text}}, so:";bad | good\n', "t.csv"),
        ("name\ttext\tchoices\nmood\tNote: {{text}}, so:\tbad|good\n", "t.tsv"),
        ('{"name": "mood", "template": "Note: {text}, so:", "choices": ["bad", "good"]}\n', "t.jsonl"),
        ('[{"name": "mood", "template": "Note: {text}, so:", "choices": "bad|good"}]', "t.json"),
        ("- {name: mood, template: 'Note: {text}, so:', choices: [bad, good]}\n", "t.yaml"),
    ],
)
def test_a_row_is_a_prompt(card: Card, content: str, name: str):
    prompt = card(content, name)
    assert (prompt.name, prompt.choices) == ("mood", {"bad": "bad", "good": "good"})
    assert render_inputs(prompt, [InputRow("T")]) == ["Note: T, so:"]


def test_excel(card: Card, tmp_path: Path):
    book = openpyxl.Workbook()
    for row in (["Name", "Template", "Choices", "Labels"], ["mood", "Note: {text}", "1|2", "bad|good"], []):
        book.active.append(row)
    book.save(tmp_path / "made.xlsx")
    prompt = card((tmp_path / "made.xlsx").read_bytes(), "t.xlsx")
    assert prompt.choices == {"bad": "1", "good": "2"}


def test_codings(card: Card, reason: Reason):
    table = TABLE.replace("Note", "Nötiz")
    told = reason(table.encode("windows-1252"), "t.csv")
    assert told.startswith("line 2: byte ")
    assert told.endswith("Say --encoding, for example windows-1252 or utf-16")
    assert reason(table, "t.csv", encoding="moon") == "no encoding is called 'moon'. Mend --encoding"
    assert "Nötiz" in card(table.encode("windows-1252"), "t.csv", encoding="windows-1252").template


def test_a_byte_order_mark_says_the_encoding(card: Card):
    assert "Nötiz" in card(TABLE.replace("Note", "Nötiz").encode("utf-16"), "t.csv").template


def test_further_columns(project: Path, importing: Import):
    rows = [
        {"name": "a", "prompt": "So: {text}", "choices": "bad|good", "labels": "negative|positive",
         "family": "sentiment", "description": "How it is", "system": "Be brief.", "owner": "x"},
        {"name": "b", "prompt": "It: {text}", "choices": "bad|good", "family": "moods"},
        {"name": "c", "prompt": "Sum up {text}", "family": "sentiment"},
    ]  # fmt: skip
    outcomes = importing(json.dumps(rows), "t.json")
    assert [(each.state, each.note) for each in outcomes] == [
        ("left out", "nothing is made of its columns owner"),
        ("imported", "labels: negative → bad, positive → good"),
        ("imported", "labels: bad → bad, good → good; the project has no family 'moods'"),
        ("imported", "free text; its family counts once it has choices"),
    ]
    card = load(project).prompts["a"]
    assert (card.description, card.system, card.families) == ("How it is", "Be brief.", ("sentiment",))


def test_a_template_without_a_place_for_the_text_has_it_at_its_end(importing: Import, project: Path):
    (outcome,) = importing('name,template\njson,"Write {""mood"": 1} of it"\n', "t.csv")
    assert outcome.note == "free text; the text comes after it"
    assert render_inputs(load(project).prompts["json"], [InputRow("T")]) == ['Write {"mood": 1} of it\n\nT']


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("name,template,choices\na,So: {text},good\n", "its choices are one: separate them by |"),
        ("name,template,choices\na,So: {text},good|\n", "one of its answer choices is blank"),
        ("name,template,choices\na,So: {text},[good\n", "its choices begin as a list of JSON and are none"),
        ("name,template,choices,labels\na,So: {text},a|b,x|y|z\n", "it has 2 choices and 3 labels"),
        ("name,template\na,\n", "its template is empty"),
        ("name,template\na,{text} {label}\n", "it uses the column 'label', which says the answer"),
        ("name,words\na,b\n", "has no column called template, prompt or text; there are: name, words"),
        ("text,label\na,b\n", "holds texts with their labels, and no prompts"),
        ("name,template,Template\na,b,c\n", "2 columns are called 'template'. Rename all but one"),
    ],
)
def test_what_is_left_out_says_why(reason: Reason, content: str, why: str):
    assert why in reason(content, "t.csv")


def test_too_many_rows(reason: Reason, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prompttable, "MAX_ROWS", 1)
    assert reason(TABLE + TABLE.split("\n")[1], "t.csv") == "holds more than 1 rows. Cut it into several files"


def test_choices_that_are_no_texts(reason: Reason):
    row = '{"name": "a", "template": "So: {text}", "choices": {"a": "b"}}'
    assert reason(row, "t.jsonl") == "its choices are no texts: separate them by |"
