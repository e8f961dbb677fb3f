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
    told = reason(table.encode("windows-1252"), "t.csv", encoding="ascii")
    assert told.startswith("line 2: byte ")
    assert told.endswith("Give --encoding, for example windows-1252 or utf-16")
    assert reason(table, "t.csv", encoding="moon") == "no encoding is called 'moon'. Give --encoding"
    assert "Nötiz" in card(table.encode("windows-1252"), "t.csv", encoding="windows-1252").template


def test_an_encoding_that_nobody_names_is_found_and_told_once(importing: Import, project: Path):
    table = TABLE.replace("Note", "Nötiz") + 'more,"Nötiz {{text}}",a|b\n'
    first, second = importing(table.encode("windows-1252"), "t.csv")
    assert (first.note, second.note) == (
        "labels: bad → bad, good → good; read as windows-1252, as it is not UTF-8",
        "labels: a → a, b → b",
    )
    assert "Nötiz" in load(project).prompts["mood"].template
    (wide,) = importing(
        table.replace("mood", "wide").splitlines()[0].encode("utf-16-le")
        + "\nwide,Öl {text},a|b\n".encode("utf-16-le"),
        "w.csv",
    )
    assert wide.note.endswith("read as utf-16-le, as every second byte is zero")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "Title,Prompt Text,Answer options",
            "guessed: name is Title, template is Prompt Text, choices is Answer options",
        ),
        (
            "promptId,promptTemplate,Options",
            "guessed: name is promptId, template is promptTemplate, choices is Options",
        ),
        ("Name,Wording,Choices", "guessed: template is Wording"),
    ],
)
def test_columns_are_called_as_people_call_them_and_told(project: Path, importing: Import, header: str, told: str):
    (outcome,) = importing(f"{header}\nmood,So: {{text}},bad|good\n", "t.csv")
    assert outcome.note == f"labels: bad → bad, good → good; {told}"
    card = load(project).prompts["mood"]
    assert (card.template, tuple(card.choices)) == ("So: {{ text }}", ("bad", "good"))


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
        ("text,sentiment\n{a} b,x\nc,y\nd,z\n", "texts without a place"),
        ("template,name,Template\na,b,c\n", "2 columns are called 'template' (columns 1, 3). Rename all but one"),
        ("name,text,text\na,b,c\n", "2 columns are called 'text' (columns 2, 3). Rename all but one"),
        ("instruction,input,output\na,b,c\n", "holds texts, and no prompts. Run `taskatlas add dataset FILE`"),
        ("id,title,text,stars\n1,Good,So good,5\n2,Bad,So bad,1\n", "holds texts without a place for another"),
        ("prompt,response\nHow are you,Fine\n", "holds texts without a place for another"),
        ("snippet,label\n{a} b,x\n", "has no column called template, prompt or text; there are: snippet, label"),
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
