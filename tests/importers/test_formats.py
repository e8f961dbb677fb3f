"""Formats are told apart by what files hold, and each of the small cases becomes what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import UnknownNameError
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from tests.support.places import ROOT

CASES = ROOT / "tests" / "cases" / "imports"
GLAD = "Say whether this note is glad or cross: "


@pytest.mark.parametrize(
    ("name", "card", "shown", "choices"),
    [
        ("prompts.csv", "mood", "Note: T Mood:", ("glad", "cross")),
        ("langchain_prompt.yaml", "langchain_prompt", f"{GLAD}T", ()),
        ("promptfooconfig.yaml", "mood-check-prompt-1", f"{GLAD}T", ()),
        ("openai_evals.jsonl", "openai_evals-instruction", "T", ()),
        ("alpaca.json", "alpaca-instruction", "Say the mood\n\nT", ()),
    ],
)
def test_a_case_becomes_a_prompt(project: Path, name: str, card: str, shown: str, choices: tuple[str, ...]):
    outcomes = import_files(project, [CASES / name], ImportOptions())
    assert [each.card for each in outcomes if each.state == "imported"] == [f"prompts/{card}.yaml"]
    prompt = load(project).prompts[card]
    assert render_inputs(prompt, [InputRow("T")]) == [shown]
    assert tuple(prompt.choices) == choices


def test_what_a_case_does_not_become_is_told(project: Path):
    outcomes = import_files(project, [CASES / "promptfooconfig.yaml"], ImportOptions())
    assert [(each.title, each.state, each.note.split(";")[0]) for each in outcomes] == [
        ("tests", "left out", "2 rows are too few for a dataset: import a file with more"),
        ("prompt 1", "imported", "free text"),
        ("prompt 2", "left out", "it names 'other.txt', and there is no such file"),
    ]
    assert outcomes[1].note.endswith("models that the file asks, whose cards are yours to write: openai:gpt-4o-mini")
    (evals,) = import_files(project, [CASES / "openai_evals.jsonl"], ImportOptions())
    assert evals.note == (
        "a prompt alone, as 2 rows are too few for a dataset: import a file with more; if its answers are a fixed list,"
        " name it: --labels cross,glad; its system message is shown in chats"
    )
    assert load(project).prompts["openai_evals-instruction"].system == "Answer glad or cross."


def test_rows_of_a_kind_become_a_dataset(project: Path):
    outcomes = import_files(project, [CASES / "bonito.jsonl"], ImportOptions())
    name = "bonito-yes-no-question-answering"
    assert [(each.card, each.note) for each in outcomes] == [
        (f"datasets/{name}.yaml", "40 rows, 2 labels"),
        (f"prompts/{name}-plain.yaml", ""),
    ]
    dataset = load(project).datasets[name]
    assert (dataset.labels, dataset.family) == (("No", "Yes"), "yes-no-question-answering")


def test_yaml_that_means_far_more_than_it_says_is_refused_at_once(project: Path):
    (outcome,) = import_files(project, [CASES / "alias_bomb_card.yaml"], ImportOptions())
    assert outcome.note == "line 8: holds aliases that stand for more than 10,000 values. Mend that line"


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        ("{}", "a.json", "holds no fields"),
        ("[1, 2]", "a.json", "is in no format that is imported: holds no objects"),
        ('[{"a": 1}]', "a.json", "is in no format that is imported: its fields are a"),
        ('{"a": 1}\n{"a": 2', "a.jsonl", "line 2: is not JSON"),
        ('[{"text": "a", "label": "b"}]', "a.json", "holds texts with their labels, and no prompts"),
        ("name: x\ndescription: y\nsource: z\n", "a.yaml", "its fields are name, description, source"),
        ("just words", "a.txt", "holds no fields"),
    ],
)
def test_what_is_in_no_format_is_told(reason: Callable[..., str], content: str, name: str, why: str):
    assert why in reason(content, name)


def test_a_card_of_another_project_comes_without_what_is_not_here(
    project: Path, importing: Callable[..., list[Outcome]]
):
    content = (
        "name: mine\ndescription: of another project\nlicense: CC0-1.0\n"
        "template: '{% if text_pair %}{{ text_pair }}{% endif %}{{ text[:9] }}'\n"
        "choices: {negative: bad, positive: good}\nfamilies: [sentiment, moods]\ndatasets: [far]\nmodels: [far]\n"
        "mapping: {far: {negative: bad}, cafe_reviews: {negative: negative}}\n"
    )
    (outcome,) = importing(content)
    assert (outcome.state, outcome.note) == (
        "imported",
        "without what this project does not have: families moods; datasets far; models far; mapping far",
    )
    card = load(project).prompts["mine"]
    assert (card.families, card.datasets, card.models) == (("sentiment",), (), ())
    assert (card.mapping, card.license) == ({"cafe_reviews": {"negative": "negative"}}, "CC0-1.0")
    shown = "name: few\ndescription: d\ntemplate: '{{ text }}'\ndemonstrations: {choose: random, dataset: far}\n"
    (outcome,) = importing(shown)
    assert outcome.note.endswith("demonstrations far")
    assert load(project).prompts["few"].demonstrations is None


def test_a_card_is_for_what_a_person_says(project: Path, importing: Callable[..., list[Outcome]]):
    content = (
        "name: mine\ndescription: d\ntemplate: 'So: {{ text }}'\nchoices: {bad: poor, good: fine}\ndatasets: [far]\n"
        "verbalisers: {bad: [weak]}\nmapping: {cafe_reviews: {bad: negative}}\n"
        "demonstrations: {choose: fixed, examples: [{text: Dry cake, label: bad}]}\n"
    )
    (outcome,) = importing(content, family="sentiment", labels=("negative", "positive"))
    assert outcome.note == (
        "without what this project does not have: datasets far; "
        "for the family sentiment alone; its labels were bad, good"
    )
    card = load(project).prompts["mine"]
    assert (card.choices, card.families) == ({"negative": "poor", "positive": "fine"}, ("sentiment",))
    assert card.verbalisers == {"negative": ("weak",)}
    assert card.mapping == {"cafe_reviews": {"negative": "negative"}}
    assert card.demonstrations is not None
    assert card.demonstrations.examples[0].label == "negative"
    (outcome,) = importing(content.replace("mine", "ours"), dataset="cafe_reviews")
    assert "its labels are not those of cafe_reviews (negative, positive): import it again" in outcome.note
    assert load(project).prompts["ours"].families == ("sentiment",)


@pytest.mark.parametrize(
    ("further", "options", "why"),
    [
        (
            "choices: {bad: poor, good: fine}\n",
            {"labels": ("no", "so", "yes")},
            "2 answer choices, and --labels names 3",
        ),
        ("choices: {a: x, b: y}\nanswer: '{{ label }}'\n", {"labels": ("no", "yes")}, "its answer shows the label"),
    ],
)
def test_a_card_that_cannot_be_for_it_says_why(
    reason: Callable[..., str], further: str, options: dict[str, Any], why: str
):
    assert why in reason(f"name: a\ndescription: b\n{further}", **options)


def test_a_card_of_free_text_has_no_family(importing: Callable[..., list[Outcome]]):
    (outcome,) = importing("name: a\ndescription: b\ntemplate: 'Sum up {{ text }}'\n", family="sentiment")
    assert outcome.note == "free text, so no family and no labels are for it"
    with pytest.raises(UnknownNameError):
        importing("name: a\ndescription: b\ntemplate: 'Sum up {{ text }}'\n", family="moon")


def test_a_card_that_does_not_hold_says_which_field(reason: Callable[..., str]):
    assert "temperature: there is no such field" in reason("name: a\ndescription: b\ntemplate: c\ntemperature: 0\n")
