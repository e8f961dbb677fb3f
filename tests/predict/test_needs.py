"""Whoever is asked about pairs gets the halves of a single text, the same ones every time."""

from __future__ import annotations

import pytest

from taskatlas.predict.model import Example
from taskatlas.predict.needs import Needs, needs_of, pieces, with_needs
from taskatlas.schemas.prompts import PromptCard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The soup was cold. Nobody came to ask. We left.", ("The soup was cold.", "Nobody came to ask. We left.")),
        ('He said "no." Then he left the room at once.', ('He said "no."', "Then he left the room at once.")),
        ("Hi. " + "word " * 19 + "word", ("Hi." + " word" * 10, "word " * 9 + "word")),
        ("def f():\n    x = 1\n    return x", ("def f():\n    x = 1", "    return x")),
        ("今日は寒いです。明日は暖かい。", ("今日は寒いです。", "明日は暖かい。")),
        ("            return x\n}", ("            return", "x\n}")),
        ("\t\t\t\t\t\t}\n}", ("\t\t\t\t\t\t}", "}")),
        ("雨天決行", ("雨天", "決行")),
        ("Cold soup", ("Cold", "soup")),
        ("cold", ("co", "ld")),
        ("a", ("a", "a")),
    ],
)
def test_a_text_is_split_where_it_parts_best(text: str, expected: tuple[str, str]):
    assert tuple(pieces(text, 2)) == expected


def test_a_pair_stays_what_it_is():
    pair = Example("id", "one", "two")
    single = Example("other", "Cold soup", None, in_corpus=False)
    found = with_needs([pair, single], Needs(pair=True))
    assert found[0] is pair
    assert found[1][1:4] == ("Cold", "soup", False)
    assert found[1].text_id == with_needs([single], Needs(pair=True))[0].text_id != "other"


def test_a_text_is_split_into_all_that_it_lacks_and_keeps_what_it_has():
    text = "The soup was cold. Nobody came up to ask. We had left it. It rained on."
    needs = Needs(fields=("question",), choices=2)
    (whole,) = with_needs([Example("id", text)], needs)
    assert [whole.text, *whole.choices, *dict(whole.fields).values()] == [
        "The soup was cold.",
        "We had left it.",
        "It rained on.",
        "Nobody came up to ask.",
    ]
    asked = Example("id", text, fields=(("question", "Was it warm?"),))
    (halved,) = with_needs([asked], needs)
    assert dict(halved.fields) == {"question": "Was it warm?"}
    assert halved.choices == ("Nobody came up to ask.", "We had left it. It rained on.")
    complete = Example("id", text, fields=(("question", "Was it warm?"),), choices=("yes", "no", "maybe"))
    assert with_needs([complete], needs) == [complete]


def test_a_text_that_is_not_shown_is_not_split_off():
    (whole,) = with_needs([Example("id", "Cold soup")], Needs(fields=("one", "two"), text=False))
    assert dict(whole.fields) == {"one": "Cold", "two": "soup"}


@pytest.mark.parametrize(
    ("template", "shows"),
    [
        ("{{ text }}", False),
        ("{{ text }} Question: {{ text_pair }}", True),
        ("{{ text }}{% if text_pair %} Question: {{ text_pair }}{% endif %}", False),
        ("{{ text if not text_pair else text_pair }}", False),
        ("{% if text %}{{ text_pair|upper }}{% endif %}", True),
    ],
)
def test_a_prompt_that_looks_whether_there_is_a_pair_is_not_one_for_pairs(template: str, shows: bool):
    found = needs_of(PromptCard(name="p", description="d", template=template, choices={"a": "a", "b": "b"}))
    assert found.pair is shows


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"template": "{{ text }} {{ question }}", "fields": ["question"]}, Needs(fields=("question",))),
        (
            {"template": "{{ text }}{% if question %} {{ question }}{% endif %}", "fields": ["question"]},
            Needs(),
        ),
        ({"template": "{{ text }}", "choices": "row"}, Needs(choices=4)),
        (
            {"template": "{{ q }}", "choices": {"A": "{{ one }}", "B": "{{ two }}"}, "fields": ["q", "one", "two"]},
            Needs(fields=("q", "one", "two"), text=False),
        ),
        ({"template": "{{ text }}", "choices": {"A": "{{ choices[0] }}", "B": "{{ choices[1] }}"}}, Needs(choices=2)),
        ({"template": "{{ text }} {{ choices | join(' or ') }}"}, Needs(choices=4)),
    ],
)
def test_a_prompt_needs_what_it_and_its_choices_show(fields: dict[str, object], expected: Needs):
    assert needs_of(PromptCard(name="p", description="d", **fields)) == expected
