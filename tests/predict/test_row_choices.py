"""Named fields and choices that are each row's own, as prompts show them and as answers are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import PromptError
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import from_answer_scores, from_generated
from taskatlas.predict.remote.questions import questions
from taskatlas.predict.render import InputRow, answers_by_row, check_prompt, prompt_version, render_inputs
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts

ROWS = [
    InputRow("Rain fell.", fields=(("question", "What got wet?"),), choices=("the road", "the sun", "a song")),
    InputRow("It froze.", fields=(("question", "What was cold?"),), choices=("fire", "ice")),
]


def prompt(**fields: Any) -> PromptCard:
    return PromptCard(name="p", description="d", **fields)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ text }} {{ question }}", ["Rain fell. What got wet?", "It froze. What was cold?"]),
        (
            "{{ question }}{% for each in choices %}\n{{ loop.index }}. {{ each }}{% endfor %}",
            ["What got wet?\n1. the road\n2. the sun\n3. a song", "What was cold?\n1. fire\n2. ice"],
        ),
        (
            "{{ text }}{% for each in choices %} {{ 'ABC'[loop.index0] }}) {{ each|upper }}{% endfor %}",
            ["Rain fell. A) THE ROAD B) THE SUN C) A SONG", "It froze. A) FIRE B) ICE"],
        ),
        (
            "{{ text }} {{ choices[:-1]|join(', ') }} or {{ choices[-1] }}?",
            ["Rain fell. the road, the sun or a song?", "It froze. fire or ice?"],
        ),
        ("{{ text }} {{ choices[2] }}.", ["Rain fell. a song.", "It froze. ."]),
        (
            "{{ text }} {{ choices }} {{ choices|length }}",
            ["Rain fell. the road, the sun, a song 3", "It froze. fire, ice 2"],
        ),
        ("{{ text }} {{ choices[:2] }}", ["Rain fell. the road, the sun", "It froze. fire, ice"]),
        ("{{ text }} {{ choices[1:] ~ '.' }}", ["Rain fell. the sun, a song.", "It froze. ice."]),
        (
            "{{ text }}{% for each in choices[1:] %}{% if not loop.first %};{% endif %} {{ each }}{% endfor %}",
            ["Rain fell. the sun; a song", "It froze. ice"],
        ),
    ],
)
def test_templates_show_fields_and_choices(template: str, expected: list[str]):
    card = prompt(template=template, fields=["question"])
    check_prompt(card)
    assert render_inputs(card, ROWS) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ text }}{% for a in choices %}{% for b in choices %}{{ a }}{{ b }}{% endfor %}{% endfor %}",
        "{{ text }}{% for a in text %}{{ a }}{% endfor %}",
        "{{ text }}{% for a in choices if a %}{{ a }}{% endfor %}",
        "{{ text }}{% for a in choices %}{{ a }}{% else %}none{% endfor %}",
        "{{ text }}{% for a in choices recursive %}{{ loop(choices) }}{% endfor %}",
        "{{ text }}{% for a, b in choices %}{{ a }}{% endfor %}",
        "{{ text }}{% for text in choices %}{{ text }}{% endfor %}{{ loop.index }}",
        "{{ text }}{% for a in choices %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{{ text }}{% for a in choices %}{{ loop.changed }}{% endfor %}",
        "{{ text|join('xx') }}",
        "{{ text }}{{ choices|join(text) }}",
        "{{ text }}{{ choices|join(', ', attribute='x') }}",
        "{{ text }}{{ choices|map('upper')|join(', ') }}",
        "{{ text }}{{ a }}{% for a in choices %}{{ a }}{% endfor %}",
        "{{ text }} {{ answer }}",
    ],
)
def test_what_a_template_may_not_do_with_choices(template: str):
    with pytest.raises(PromptError, match=r"^prompt p: template"):
        check_prompt(prompt(template=template))


ALL = " ~ ".join(["choices"] * 90)


@pytest.mark.parametrize(
    "template",
    [
        f"{{{{ text }}}}{{% for a in choices %}}{{{{ {ALL} }}}}{{% endfor %}}",
        f"{{{{ text }}}}{{% for a in choices %}}{{% if ({ALL})|upper|wordcount == 3 %}}.{{% endif %}}{{% endfor %}}",
        f"{{{{ text }}}}{{{{ ({ALL})|replace('a', '{'a' * 16}') }}}}",
        f"{{{{ text }}}}{{% for a in choices %}}{{{{ text|replace('a', '{'a' * 16}') }}}}{{% endfor %}}",
    ],
)
def test_work_that_loops_and_long_texts_multiply_is_refused_before_any_row(template: str):
    with pytest.raises(PromptError, match="times over all that a row holds, more than 300"):
        check_prompt(prompt(template=template))


def test_a_long_row_costs_no_more_than_its_template_may():
    template = "{% for a in choices %}{{ loop.index }}. {{ a|replace('a', 'aaaaaaaa')|upper|title }} {{ text|length }}"
    card = prompt(template="{{ text }}" + template + "{% endfor %}")
    check_prompt(card)
    long = InputRow("a" * 1_000, choices=("a" * 1_000,) * 26)
    assert len(render_inputs(card, [long])[0]) < 1_000 * (1 + 26 * 8) + 26 * 12


def test_join_of_anything_but_choices_is_told_for_what_it_is():
    with pytest.raises(PromptError, match=r"join puts a row's choices together.*choices \| join"):
        check_prompt(prompt(template="{{ text|join(', ') }}"))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"fields": ["text"]}, "no word of templates"),
        ({"fields": ["2nd"]}, "letters, digits and _"),
        ({"fields": ["loop"]}, "no word of templates"),
        ({"choices": "rows"}, "valid dictionary"),
    ],
)
def test_a_field_has_a_name_that_means_nothing_else(fields: dict[str, Any], what: str):
    with pytest.raises(ValueError, match=what):
        prompt(**fields)


def test_choices_of_a_row_are_its_answers_and_what_is_not_there_gets_nothing():
    card = prompt(template="{{ text }}", choices="row", answer="{{ label }}: {{ choice }}")
    answers = answers_by_row(card, ROWS)
    assert [list(filter(None, own)) for own in answers] == [
        ["A: the road", "B: the sun", "C: a song"],
        ["A: fire", "B: ice"],
    ]
    scores = np.zeros((2, 26))
    scores[0, 2], scores[1, 1], scores[1, 2] = 1.0, 2.0, 9.0
    found = from_answer_scores(card, scores, answers)
    assert (found.label, found.output) == (["C", "B"], ["C: a song", "B: ice"])
    assert found.probabilities is not None
    assert found.probabilities[1, :2] == pytest.approx(softmax(np.array([[0.0, 2.0]]))[0])
    assert not found.probabilities[1, 2:].any()
    assert found.to_table("m/p", ["1", "2"]).num_rows == 2


def test_choices_of_fields_that_a_card_names():
    card = prompt(
        template="{{ question }}", fields=["question", "no"], choices={"a": "{{ question|lower }}", "b": "{{ no }}!"}
    )
    assert answers_by_row(card, ROWS)[0] == ["what got wet?", "!"]


def test_choices_that_are_alike_for_all_rows_have_no_braces():
    with pytest.raises(PromptError, match="alike for all rows"):
        check_prompt(prompt(template="{{ text }}", choices={"a": "{{ 'x' }}", "b": "y"}))


def test_a_text_without_any_choice_is_named():
    card = prompt(template="{{ text }}", choices="row")
    with pytest.raises(PromptError, match=r"no choices for the text 'Alone"):
        answers_by_row(card, [InputRow("Alone.")])


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("ICE.", "B"),
        ("A", "A"),
        ("B. ice", "B"),
        ("the ice", "B"),
        ("C", None),
        ("a song", None),
        ("The answer is (B).", "B"),
        ("Option A", "A"),
        ("fire or ice", None),
    ],
)
def test_what_was_written_is_read_by_the_rows_own_choices(written: str, label: str | None):
    card = prompt(template="{{ text }} {{ choices }}", choices="row")
    assert from_generated(card, [written], [ROWS[1]]).label == [label]


def test_versions_change_with_what_is_asked_and_stay_where_nothing_is_new():
    assert prompt_version(prompt(choices={"a": "A", "b": "B"})) == prompt_version(
        prompt(choices={"a": "A", "b": "B"}, fields=[])
    )
    assert prompt_version(prompt(choices="row")) != prompt_version(prompt(choices="row", fields=["question"]))


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_a_server_is_asked_for_the_rows_own_choices(api: str, tmp_path: Path):
    card = EndpointModel(
        name="m", description="d", kind="endpoint", url="http://127.0.0.1:1/v1", model="m", revision="1", api=api,
        mode="choices",
    )  # fmt: skip
    texts = [Example(str(index), *row[:2], True, *row[2:]) for index, row in enumerate(ROWS)]
    asked = questions(
        card, prompt(template="{{ text }}", choices="row"), texts, ModelContext(tmp_path, Parts(tmp_path))
    )
    if api == "chat":
        assert [each.answers for each in asked] == [row.choices for row in ROWS]
    else:
        assert [len(each.bodies) for each in asked] == [3, 2]
        assert asked[1].bodies[1]["prompt"] == "It froze. ice"


def test_letters_beyond_a_rows_choices_are_no_answers_to_it():
    card = prompt(template="{{ text }} {{ choices }}", choices={label: label for label in "ABC"})
    answers = answers_by_row(card, [*ROWS, InputRow("Of a corpus.")])
    assert answers == [["A", "B", "C"], ["A", "B", ""], ["A", "B", "C"]]
    found = from_answer_scores(card, np.zeros((3, 3)), answers)
    assert found.probabilities is not None
    assert found.probabilities[1].tolist() == [0.5, 0.5, 0.0]
    assert from_generated(card, ["C", "C"], ROWS).label == ["C", None]
