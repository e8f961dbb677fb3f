"""What docs/formats.md and docs/prompts.md say of fields and choices: their cards read their rows and show them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from taskatlas.ingest.read import read_dataset
from taskatlas.predict.render import InputRow, answers_by_row, check_prompt, render_inputs
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.prompts import PromptCard
from tests.support.places import ROOT
from tests.support.projects import write_file

FORMATS, PROMPTS = (
    (ROOT / "docs" / page).read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    for page, title in (
        ("formats.md", "Fields and choices of each row"),
        ("prompts.md", "Fields, and choices of each row"),
    )
)
SHOWN = re.findall(r"^\| `(.+)` \| (?:`(.+)`|nothing.*) \|$", PROMPTS, re.MULTILINE)
ROW = InputRow("Lunch.", None, (("question", "What is hot?"),), ("soup", "rice"))


def block(page: str, language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.+?)```", page, re.DOTALL)
    return str(found)


def test_the_row_reads_as_its_card_says(tmp_path: Path):
    row = json.loads(block(FORMATS, "json"))
    rows = [row, {**row, "passage": "It froze.", "answer": 1}]  # a dataset has two labels or more
    write_file(tmp_path, "rows.jsonl", "\n".join(map(json.dumps, rows)))
    about = {"name": "d", "description": "d", "family": "f", "domain": "d", "source": "rows.jsonl"}
    first, _ = read_dataset(DatasetCard(**about, **yaml.safe_load(block(FORMATS, "yaml"))), tmp_path).to_pylist()
    assert (first["text"], first["choices"], first["label"]) == (row["passage"], row["options"], "A")
    assert dict(first["fields"]) == {"question": row["question"], "title": row["article"]["title"]}


def test_templates_show_what_the_table_says():
    assert len(SHOWN) == 5
    for template, shown in SHOWN:
        card = PromptCard(name="p", description="d", template="{{ text }} " + template.replace(r"\|", "|"))
        assert render_inputs(card, [ROW]) == [f"Lunch. {shown}"]


def test_the_prompt_asks_for_the_choices_of_a_row():
    card = PromptCard(**yaml.safe_load(block(PROMPTS, "yaml")))
    check_prompt(card)
    assert render_inputs(card, [ROW]) == ["Lunch.\nWhat is hot?\nA. soup\nB. rice\n"]
    assert [*filter(None, answers_by_row(card, [ROW])[0])] == ["soup", "rice"]
