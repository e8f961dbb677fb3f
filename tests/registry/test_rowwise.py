"""Prompts that show what rows do not have, or do not ask for choices that they have, are told; what is advised mends
it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskatlas.registry.load import load
from taskatlas.registry.mismatches import mismatches
from tests.support.cards import change_card
from tests.support.projects import write_card, write_dataset, write_project

EXAM = {"family": "exam", "columns": {"text": "asked", "choices": "options"}, "labels": ["A", "B", "C"]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "project")
    write_dataset(folder, "exam", [], **EXAM)
    return folder


def told(project: Path) -> list[str]:
    return [str(each) for each in mismatches(load(project))]


def prompt(project: Path, **fields: Any) -> None:
    write_card(project, "prompts", "asks", **{"families": ["exam"], "choices": "row", **fields})


def advised(line: str) -> list[dict[str, Any]]:
    """What stands between backticks, with names for the columns."""
    return [yaml.safe_load(each.replace("COLUMN", "further")) for each in re.findall(r"`([a-z].*?)`", line)]


def test_what_fits_is_told_nothing(project: Path):
    prompt(project)
    assert told(project) == []
    prompt(project, choices={"A": "{{ choices[0] }}", "B": "{{ choices[1] }}", "C": "{{ choices[2] }}"})
    assert told(project) == []


@pytest.mark.parametrize(
    ("shown", "columns"),
    [
        ({"template": "{{ text }} {{ question }}", "fields": ["question"]}, {"fields": {"question": "further"}}),
        ({"template": "{{ text }} {{ text_pair }}"}, {"text_pair": "further"}),
        ({"template": "{{ text }} {{ choices }}"}, {"choices": "further"}),
    ],
)
def test_what_the_texts_of_a_dataset_do_not_have(project: Path, shown: dict[str, Any], columns: dict[str, Any]):
    choices = {"negative": "bad", "positive": "good"}
    prompt(project, families=["sentiment"], choices=choices, **shown)
    [line] = told(project)
    lacks = next(iter(columns.get("fields", columns)))
    assert line.startswith(
        f"prompts/asks.yaml: it shows {lacks} of texts, and those of feel, mood have none, so they are split for it"
    )
    assert "in datasets/feel.yaml, datasets/mood.yaml, with the column's name for COLUMN" in line
    [paste] = advised(line)
    assert paste == {"columns": columns}
    letters = {"labels": ["A", "B"]} if "choices" in columns else {}
    assert ("and the labels A, B and so on" in line) is bool(letters)
    for name in ("feel", "mood"):
        change_card(project / f"datasets/{name}.yaml", **paste, **letters)
    assert not any("so they are split" in line for line in told(project))


def test_columns_that_a_card_names_stay_in_what_is_to_be_pasted(project: Path):
    prompt(project, template="{{ text }} {{ question }}", fields=["question"])
    [line] = told(project)
    assert advised(line) == [{"columns": {**EXAM["columns"], "fields": {"question": "further"}}}]


def test_choices_of_a_prompt_are_none_of_rows_with_their_own(project: Path):
    prompt(project, choices={"no": "no", "yes": "yes"})
    [line] = told(project)
    assert line.startswith(
        "prompts/asks.yaml: it is never scored on exam: its choices are no, yes, and rows there have choices of "
    )
    change_card(project / "prompts/asks.yaml", **advised(line)[0])
    assert told(project) == []


def test_letters_without_the_choices_that_they_stand_for(project: Path):
    prompt(project, choices={label: label for label in "ABC"})
    [line] = told(project)
    assert "it asks for letters, and does not show the choices of the rows of exam" in line
    [row, loop] = re.findall(r"`(.*?)`", line)
    prompt(project, template="{{ text }}" + loop, choices={label: label for label in "ABC"})
    assert told(project) == []
    prompt(project, **yaml.safe_load(row))
    assert told(project) == []


def test_who_asks_for_a_rows_choices_is_not_scored_where_there_are_none(project: Path):
    prompt(project, families=["sentiment"])
    [line] = told(project)
    assert "it shows choices of texts, and those of feel, mood have none" in line, "and nothing about 26 labels"


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({"template": "{{ text }}"}, True),
        ({"template": "{{ text }}{% for each in choices %} {{ each }}{% endfor %}"}, False),
        ({"template": "{{ text }}", "shows_choices": False}, False),
        ({"template": "{{ text }} {{ one }}", "choices": {"A": "{{ one }}", "B": "{{ two }}"}}, True),
        ({"template": "{{ text }} {{ one }} {{ two }}", "choices": {"A": "{{ one }}", "B": "{{ two }}"}}, False),
    ],
)
def test_a_model_that_writes_is_shown_the_rows_choices(project: Path, fields: dict[str, Any], is_told: bool):
    write_card(project, "models", "served", kind="endpoint", url="http://127.0.0.1:9/v1", model="m", revision="1")
    change_card(project / "prompts/plain.yaml", template="Awful or great? {{ text }}")
    change_card(project / "prompts/warm.yaml", template="Cold or warm? {{ text }}")
    prompt(project, fields=["one", "two"], **fields)
    lines = [line for line in told(project) if "is not shown the choices" in line]
    assert [line.partition(". ")[0] for line in lines] == (
        ["models/served.yaml: it writes, and is not shown the choices of 1 prompts (asks)"] if is_told else []
    )
