"""lm-evaluation-harness: answers that are each row's own, held to what the harness shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, answers_by_row, render_inputs
from taskatlas.schemas.prompts import PromptCard
from tests.support.imported_files import harness

Card = Callable[..., PromptCard]
Importing = Callable[..., list[Outcome]]
ROW = InputRow("N", None, (("a", "soup"), ("b", "rice"), ("note", "N")), ("soup", "rice"))


@pytest.mark.parametrize(
    ("choices", "columns"),
    [
        ("options", "options"),
        ("{{options}}", "options"),
        ("{{ choices.text }}", "choices.text"),
        ("{{[a, b]}}", "a, b"),
        ("{{ [a, b, ] }}", "a, b"),
        (["{{a}}", "{{ b }}"], "a, b"),
    ],
)
def test_choices_in_every_spelling(card: Card, importing: Importing, choices: object, columns: str):
    content = harness(doc_to_choice=choices)
    prompted = card(content)
    assert [each for each in answers_by_row(prompted, [ROW])[0] if each] == ["soup", "rice"]
    assert render_inputs(prompted, [ROW]) == ["Note: N\nHappy?"]
    assert f"; each row's own choices, of {columns}" in importing(content)[0].note


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ('{{[note + ", so " + a, note ~ ", or " ~ b]}}', ["N, so soup", "N, or rice"]),
        ("{{[a, 'none of {them}']}}", ["soup", "none of {them}"]),
        ("{{[note.replace('N', a), note.replace('N', b)]}}", ["soup", "rice"]),
    ],
)
def test_choices_that_are_made_of_columns(card: Card, reason: Callable[..., str], choices: str, expected: list[str]):
    content = harness(doc_to_choice=choices)
    if "replace" in choices:
        assert "the arguments of replace() are not written out" in reason(content)
    else:
        assert answers_by_row(card(content), [ROW]) == [expected]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("answer", ""),
        ("{{answer}}", ""),
        ("{{ answer | int - 1 }}", "the right choice is {{ answer | int - 1 }}"),
        ("{{options.index(answer)}}", "the right choice is {{options.index(answer)}}"),
        ("{{['A', 'B'].index(answer.strip())}}", "the right choice is {{['A', 'B'].index(answer.strip())}}"),
        (0, "the right choice is A in every row"),
        ("{{1}}", None),
    ],
)
def test_targets(importing: Importing, target: object, told: str | None):
    (outcome,) = importing(
        harness(doc_to_choice="options", doc_to_target=target, doc_to_text="{{note}} {{options[0]}}")
    )
    if told is None:
        assert outcome.note == "its target is not the choice at the place of its label"
    else:
        assert (outcome.state, told in outcome.note) == ("imported", True)
        assert ("the right choice" in outcome.note) == bool(told)


def test_the_answer_is_not_shown(reason: Callable[..., str]):
    told = reason(harness(doc_to_choice="options", doc_to_target="answer", doc_to_text="{{note}} {{answer}}"))
    assert told == "it uses the column 'answer', which says the answer"


@pytest.mark.parametrize("letters", [["A", "B"], ["(A)", "(B)"]])
def test_letters_of_a_list_that_is_shown(card: Card, letters: list[str]):
    prompted = card(harness(doc_to_text="{{note}} A {{options[0]}} B {{options.1}}", doc_to_choice=letters))
    assert render_inputs(prompted, [ROW]) == ["N A soup B rice"]
    assert prompted.choices == dict(zip("AB", letters, strict=True))


def test_columns_within_columns_are_fields(card: Card):
    prompted = card(harness(doc_to_text="{{note.title}}: {{note.body}} {{ note.source }}"))
    assert render_inputs(prompted, [InputRow("T", None, (("note_body", "B"), ("note_source", "S")))]) == ["T: B S"]
