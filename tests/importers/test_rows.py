"""Rows that bring their instruction: what goes together, what is a dataset, and what is too few for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from taskatlas.importers import rows as rows_module
from taskatlas.importers.report import Outcome
from taskatlas.registry.load import load

Import = Callable[..., list[Outcome]]
Reason = Callable[..., str]
ASKED = "Say the mood."


def alpaca(text: str, answer: str, asked: str = ASKED) -> dict[str, Any]:
    """A row of Alpaca."""
    return {"instruction": asked, "input": text, "output": answer}


def evals(text: str, answer: object, asked: str = ASKED) -> dict[str, Any]:
    """A row of OpenAI evals."""
    return {"input": [{"role": "system", "content": asked}, {"role": "user", "content": text}], "ideal": answer}


def chat(text: str, answer: str, asked: str = ASKED) -> dict[str, Any]:
    """A row of ShareGPT."""
    turns = [("system", asked), ("human", text), ("gpt", answer), ("human", "Thanks"), ("gpt", "!")]
    return {"conversations": [{"from": role, "value": value} for role, value in turns if value]}


def many(row: Callable[..., Mapping[str, Any]], n: int = 60, **fields: str) -> list[Mapping[str, Any]]:
    """Rows with two answers in turn."""
    return [row(f"Note {at} of {at * 7}", ("glad", "cross")[at % 2], **fields) for at in range(n)]


@pytest.mark.parametrize("row", [alpaca, evals, chat])
def test_rows_of_one_instruction_are_a_dataset_with_its_prompts(project: Path, importing: Import, row: Any):
    outcomes = importing(json.dumps(many(row)), "moods.json")
    assert [each.card for each in outcomes] == [
        "datasets/moods.yaml",
        "prompts/moods-instruction.yaml",
        "prompts/moods-plain.yaml",
    ]
    registry = load(project)
    assert (registry.datasets["moods"].labels, registry.datasets["moods"].family) == (("cross", "glad"), "moods")
    prompt = registry.prompts["moods-instruction"]
    if row is alpaca:
        assert (prompt.template, prompt.system) == (f"{ASKED}\n\n{{{{ text }}}}", None)
    else:
        assert (prompt.template, prompt.system) == ("{{ text }}", ASKED)
        assert outcomes[1].note == "its system message is shown in chats"
    again = importing(json.dumps(many(row)), "moods.json")
    assert {each.state for each in again} == {"there already"}


def test_rows_of_several_instructions_are_a_dataset_each(project: Path, importing: Import):
    few = [*many(alpaca, 19, asked="Few"), alpaca("", "c", "Alone")]
    content = [*many(alpaca), *many(alpaca, asked="Is it glad?"), *few]
    outcomes = importing(json.dumps(content), "moods.json", family="sentiment")
    assert [each.card for each in outcomes if (each.card or "").startswith("datasets/")] == [
        "datasets/moods-say-the-mood.yaml",
        "datasets/moods-is-it-glad.yaml",
    ]
    assert outcomes[-1].note == "2 further instructions have too few rows to measure a model"
    assert load(project).datasets["moods-is-it-glad"].family == "sentiment"


def test_only_instructions_with_most_rows_are_taken(importing: Import, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows_module, "MAX_INSTRUCTIONS", 1)
    outcomes = importing(json.dumps([*many(alpaca, 40, asked="Few"), *many(alpaca)]), "moods.json")
    assert outcomes[0].card == "datasets/moods.yaml"
    assert outcomes[-1].note == "1 further instructions have too few rows to measure a model"


def test_rows_that_are_too_few_leave_their_prompt_which_a_person_can_complete(project: Path, importing: Import):
    content = json.dumps(many(alpaca, 2))
    (outcome,) = importing(content, "moods.json", labels=("cross", "glad"))
    assert outcome.note.startswith("a prompt alone, as 2 rows are too few for a dataset")
    assert tuple(load(project).prompts["moods-instruction"].choices) == ("cross", "glad")


def test_rows_without_one_question_and_one_answer_count_as_left_out(importing: Import):
    odd = [evals("a", ["x", "y"]), evals("", "x"), {"input": None, "ideal": "x"}, {"input": [], "ideal": "x"}]
    outcomes = importing("\n".join(map(json.dumps, [*many(evals, 120), *odd[:1]])), "moods.jsonl")
    assert outcomes[0].note == "120 rows, 2 labels; left out: 1 with an output that is no label"
    assert importing(json.dumps(odd[1:]), "odd.json")[0].note == "no row has a text and an output. Name another file"


def test_a_text_is_a_question_too(project: Path, importing: Import):
    content = [{"input": f"Note {at} of {at * 7}", "ideal": [("glad", "cross")[at % 2]]} for at in range(60)]
    assert [each.card for each in importing(json.dumps(content), "moods.json")] == [
        "datasets/moods.yaml",
        "prompts/moods-plain.yaml",
    ]
    assert load(project).prompts["moods-plain"].description == "The text of moods alone"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ([alpaca("a", "b", "First"), alpaca("c", "d", "Second")],
         "holds 2 instructions with few rows each: they tune a model, and measure none. Give the rows of one"),
        ([chat("a", "b", ""), chat("c", "d", "")],
         "it has no instruction that could be a prompt, and its outputs make no dataset; 2 rows are too few"),
        ([{"conversations": [{"from": "human", "value": "a"}]}], "no row has a text and an output"),
    ],
)  # fmt: skip
def test_what_is_left_out_says_why(reason: Reason, content: object, why: str):
    assert why in reason(json.dumps(content), "moods.json")


@pytest.mark.parametrize("named", [True, False], ids=["system messages with a name", "earlier turns"])
def test_examples_that_evals_show_first_are_demonstrations(project: Path, importing: Import, named: bool):
    pairs = [("What a day!", "glad"), ("Late again.", "cross")]
    shown = [
        {"role": "system", "name": f"example_{role}", "content": text} if named else {"role": role, "content": text}
        for pair in pairs
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    rows = many(evals)
    for row in rows:
        row["input"][1:1] = shown
    importing("\n".join(map(json.dumps, rows)), "moods.jsonl")
    prompt = load(project).prompts["moods-examples"]
    assert prompt.system == ASKED
    assert prompt.demonstrations is not None
    assert [(each.text, each.label) for each in prompt.demonstrations.examples] == pairs
