"""Labels that a person names stand for the choices that are called like them, whatever their order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taskatlas.errors import InputError
from taskatlas.importers.labels import labels_of
from taskatlas.importers.report import Outcome
from taskatlas.schemas.prompts import PromptCard
from tests.support.imported_files import harness, one

RULE = "{{ 1 - label }}"


@pytest.mark.parametrize(
    ("choices", "labels", "expected"),
    [
        (["negative", "positive"], ["positive", "negative"], ["negative", "positive"]),
        (["Not sure.", "Sure!"], ["sure", "not_sure"], ["not_sure", "sure"]),
        (["no", "yes"], ["bad", "good"], ["bad", "good"]),
        (["negative", "positive"], ["negative", "good"], ["negative", "good"]),
        (["+", "-"], ["-", "+"], ["+", "-"]),
        (["a.", "a!"], ["a!", "a."], ["a.", "a!"]),
        (["Größe", "नहीं"], ["नहीं", "größe"], ["größe", "नहीं"]),
    ],
)
def test_names_go_before_places(choices: list[str], labels: list[str], expected: list[str]):
    assert list(labels_of(choices, labels, in_order=True)) == expected


def test_a_contradiction_says_what_to_write():
    with pytest.raises(InputError) as raised:
        labels_of(["no", "maybe", "yes"], ["yes", "perhaps", "no"], in_order=True)
    assert raised.value.what == (
        "--labels puts 'yes' at the place of its choice 'no', and 'no' at another; write the labels in the order of its"
        " choices: no, maybe, yes"
    )
    assert labels_of(["no", "maybe", "yes"], ["no", "perhaps", "yes"], in_order=True) == ("no", "perhaps", "yes")


def test_names_count_where_places_do_not(card: Callable[..., PromptCard], reason: Callable[..., str]):
    content = harness(doc_to_target=RULE)
    assert "; call the labels like its choices: no, yes" in reason(content, labels=("bad", "good"))
    assert card(content, labels=("yes", "no")).choices == {"no": "no", "yes": "yes"}


def test_every_line_says_which_choice_stands_for_which_label(importing: Callable[..., list[Outcome]]):
    (outcome,) = importing(one(), labels=("bad", "good"))
    assert outcome.note == "guessed: text is review; labels: bad → no, good → yes"
    (many,) = importing(harness(doc_to_choice=[f"c{at}" for at in range(15)]), text="note")
    assert many.note.endswith("c11 → c11, and 3 more")
