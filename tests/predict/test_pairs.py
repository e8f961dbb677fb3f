"""Whoever is asked about pairs gets the halves of a single text, the same ones every time."""

from __future__ import annotations

import pytest

from taskatlas.predict.model import Example
from taskatlas.predict.pairs import as_pairs, halves, shows_pairs
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
    assert halves(text) == expected


def test_a_pair_stays_what_it_is():
    pair = Example("id", "one", "two")
    single = Example("other", "Cold soup", None, in_corpus=False)
    found = as_pairs([pair, single])
    assert found[0] is pair
    assert found[1][1:] == ("Cold", "soup", False)
    assert found[1].text_id == as_pairs([single])[0].text_id != "other"


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
    assert shows_pairs(PromptCard(name="p", description="d", template=template, choices={"a": "a", "b": "b"})) is shows
