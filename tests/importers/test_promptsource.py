"""PromptSource's templates.yaml → prompt cards, and every reason for which a template is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.imported_files import one, template, templates

Card = Callable[..., PromptCard]
Reason = Callable[..., str]
TARGET = " ||| {{ answer_choices[label] }}"


def test_a_template_becomes_a_card(card: Card):
    prompt = card(
        templates(template(), subset="2024"), text="review", labels=("negative", "positive"), family="sentiment"
    )
    assert prompt == PromptCard(
        name="corner_shop-2024-happy-note",
        description="happy note (corner_shop 2024)",
        template="Is {{text}} a happy note?",
        choices={"negative": "no", "positive": "yes"},
        families=("sentiment",),
    )


def test_without_labels_the_choices_are_the_labels(card: Card):
    assert card(one(choices=" not at all |||  très, très  ||| 很 ")).choices == {
        "not at all": "not at all",
        "très, très": "très, très",
        "很": "很",
    }


def test_choices_that_are_written_as_constants_are_read(card: Card):
    assert list(card(one(choices='{{"no"}} ||| {{ "a | b" }}')).choices) == ["no", "a | b"]


@pytest.mark.parametrize(
    ("jinja", "expected"),
    [
        ("{{review}}: {{answer_choices[0]}}, {{ answer_choices[-1] }}?", "T: no, it's \\ 'so'?"),
        ("{{review}}: {{answer_choices | join(' or ')|upper}}?", "T: NO OR IT'S \\ 'SO'?"),
        ('{{review}}: {{ answer_choices|join("\\n- ") }}', "T: no\n- it's \\ 'so'"),
        ("{% if review %}{{review}} {{ answer_choices[0x1] }}{% endif %}", "T it's \\ 'so'"),
        ("{{review ~ answer_choices[0]}}", "Tno"),
    ],
)
def test_choices_that_a_template_shows_are_written_out(card: Card, jinja: str, expected: str):
    prompt = card(one(jinja + TARGET, "no ||| it's \\ 'so'"))
    assert render_inputs(prompt, [InputRow("T")]) == [expected]


@pytest.mark.parametrize(
    "target",
    [
        "{{ answer_choices[label] }}",
        "{{answer_choices [ stars - 1 ]}}",
        "{% if label != -1 %}{{ answer_choices[label] }}{% endif %}",
        "{# which one #} {{ answer_choices[label] }}\n",
    ],
)
def test_targets_in_the_order_of_the_choices(card: Card, target: str):
    assert card(one(f"{{{{review}}}} ||| {target}"), labels=("a", "b")).choices == {"a": "no", "b": "yes"}


@pytest.mark.parametrize(
    "target",
    [
        "{% if label %}{{ answer_choices[0] }}{% else %}{{ answer_choices[1] }}{% endif %}",
        "{% if stars > 3 %}yes{% elif stars < 2 %}no{% elif stars == 2 %}no{% else %}{{answer_choices[1]}}{% endif %}",
        "{{ answer_choices[0] if label else 'yes' if stars else answer_choices[1] }}",
        "{{ answer_choices[label" + "+1" * 50 + "] }}",
        "{{ answer_choices[{'x': 1, 'y': 0}[label]] }}",
        "{{ answer_choices[options.index(label)] }}",
        "{% if label %}yes{% endif %}",
    ],
)
def test_targets_by_a_rule_of_their_own_are_for_choices_without_labels(card: Card, reason: Reason, target: str):
    content = one(f"{{{{review}}}} ||| {target}")
    assert "picks its choice by a rule of its own" in reason(content, labels=("a", "b"))
    assert card(content).choices == {"no": "no", "yes": "yes"}


@pytest.mark.parametrize(
    "target", ["{{title}}", "A {{ title.split()[0] }}", "{% for x in titles %}{{x}}{% endfor %}", "always this", ""]
)
def test_without_choices_answers_are_free_text_whatever_the_target(
    card: Card, importing: Callable[..., list[Outcome]], target: str
):
    content = one(f"Give {{{{review}}}} a title. ||| {target}", None)
    prompt = card(content, labels=("negative", "positive"), family="sentiment")
    assert prompt == PromptCard(
        name="corner_shop-happy-note", description="happy note (corner_shop)", template="Give {{text}} a title."
    )
    (again,) = importing(content)
    assert (again.state, again.note) == ("there already", "free text; guessed: text is review")


LEFT_OUT = {
    "no choices": (one(choices=None), "it names answer_choices and has none"),
    "blank choices": (one(choices="  "), "it names answer_choices and has none"),
    "no choices to show": (
        one("{{review}} {{answer_choices|join}} ||| {{a}}", None),
        "it names answer_choices and has",
    ),
    "free text of which the answer is shown": (
        one("{{review}}: {{title}} ||| {{ title|trim if title else review.words[0] }}", None),
        "it uses the column 'title', which says the answer",
    ),
    "free text without a target": (one("{{review}}?", None), "it has no target: there is no |||"),
    "free text that loops": (
        one("{% for x in xs %}{{x}}{% endfor %} ||| {{a}}", None),
        "template, line 1: a prompt may",
    ),
    "a blank choice": (one(choices="no ||| "), "one of its answer choices is blank"),
    "equal choices": (one(choices="Yes ||| no ||| yes"), "two of its answer choices are the same"),
    "one choice": (one(choices="yes"), "it has fewer than two answer choices"),
    "choices that loop": (one(choices="{{'a' * 9}} ||| b"), "answer_choices, line 1: a prompt may not hold arithmetic"),
    "no target": (one("{{review}}?"), "it has no target: there is no |||"),
    "bars in a constant": (one("{{review}} {{'|||'}} {# ||| #}"), "it has no target"),
    "two targets": (one("{{review}}" + TARGET + TARGET), "it has several targets"),
    "one target in two places": (one("{{a}}{% if b %} ||| {% endif %} ||| c"), "it has several targets"),
    "another constant": (
        one("{{review}} ||| {% if a %}maybe{% endif %}"),
        "its target is not one of its answer choices",
    ),
    "more than a choice": (
        one("{{review}} ||| It is {{ answer_choices[label] }}"),
        "its target is more than an answer choice",
    ),
    "always the same": (one("{{review}} ||| {{ answer_choices[1] }}"), "its target is the same for every row"),
    "nothing": (one("{{review}} ||| "), "its target is the same for every row"),
    "the answer": (
        one("{{review}} {% if label %}!{% endif %}" + TARGET),
        "it uses the column 'label', which says the answer",
    ),
    "a choice that is none": (
        one("{{review}} {{answer_choices[2]}}" + TARGET),
        "it shows answer_choices[2], and there",
    ),
    "a choice by a column": (one("{{review}} {{answer_choices[i]}}" + TARGET), "it makes something of answer_choices"),
    "the choices as a list": (one("{{review}} {{answer_choices}}" + TARGET), "it makes something of answer_choices"),
    "no column": (one("Happy?" + TARGET), "it shows no column"),
    "a column as a list": (one("{{options[0]}}" + TARGET), "it takes the column 'options' for a list"),
    "loops": (
        one("{% for x in xs %}{{x}}{% endfor %}" + TARGET),
        "template, line 1: a prompt may not hold other loops",
    ),
    "calls": (one("{{review.encode()}}" + TARGET), "template, line 1: a prompt may not hold calls of encode()"),
    "arithmetic": (one("{{review * 9}}" + TARGET), "template, line 1: a prompt may not hold arithmetic"),
    "filters": (one("{{review|tojson}}" + TARGET), "template, line 1: there is no filter 'tojson' for prompts"),
    "no Jinja2": (one("{{review" + TARGET), "it is not a Jinja2 template (expected token"),
    "a target that is no Jinja2": (one("{{review}} ||| {{ answer_choices[ }}"), "it is not a Jinja2 template"),
    "far too long": (one("{{review" + " + review" * 9000 + "}}" + TARGET), "it is over 50,000 characters long"),
    "deep": (one("{{" + "(" * 3000 + "review" + ")" * 3000 + "}}" + TARGET), "it is not a Jinja2 template (too deep"),
    "deep without brackets": (one("{{review" + "+1" * 5000 + "}}" + TARGET), "it is not a Jinja2 template (too deep"),
    "a deep rule": (
        one("{{a}} ||| {{ answer_choices[b" + "+1" * 5000 + "] }}"),
        "it is not a Jinja2 template (too deep",
    ),
    "a deep target": (
        one("{{a}} ||| " + "{% if b %}" * 900 + "no" + "{% endif %}" * 900),
        "it is not a Jinja2 template",
    ),
    "too long": (one("{{review}}" + "x" * 21_000 + TARGET), "template: string should have at most 20000 characters"),
    "no text": (
        templates("  k: !Template {answer_choices: a ||| b, jinja: [1], name: x}\n"),
        "it is no !Template with a text in jinja",
    ),
    "no template": (templates("  k: {jinja: x}\n"), "it is no !Template with a text in jinja"),
    "choices that are no text": (
        templates("  k: !Template {answer_choices: [a, b], jinja: x, name: x}\n"),
        "its answer_choices are no text",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_says_why(reason: Reason, case: str):
    content, why = LEFT_OUT[case]
    assert reason(content).startswith(why)


def test_labels_have_to_be_as_many_as_the_choices(reason: Reason):
    assert reason(one(), labels=("a", "b", "c")) == "it has 2 answer choices, and --labels names 3"


def test_names_are_valid_and_distinct(project: Path, importing: Callable[..., list[Outcome]]):
    names = ["Is it good?", "is it: good", "最高の", "x" * 90, "x" * 91, "-", "_Ünïted_"]
    entries = [template(f"{at} {{{{review}}}}{TARGET}", name=name, key=f"k{at}") for at, name in enumerate(names)]
    outcomes = importing(templates(*entries, dataset="Some One/Corner.Shop"))
    assert [each.title for each in outcomes] == names
    cards = [Path(each.card or "").stem for each in outcomes]
    start = "some-one-corner-shop-"
    assert cards[:2] == [f"{start}is-it-good", f"{start}is-it-good-2"]
    assert cards[6] == f"{start}united"
    assert len(set(cards)) == len(names)
    assert {len(name) for name in cards[3:5]} == {60}
    assert set(cards) <= set(load(project).prompts)


def test_the_good_templates_of_a_file_are_taken_and_the_others_told(importing: Callable[..., list[Outcome]]):
    outcomes = importing(templates(template(key="a"), template(choices="no", name="lone", key="b")))
    assert [(each.title, each.state) for each in outcomes] == [("happy note", "imported"), ("lone", "left out")]


@pytest.mark.parametrize(
    ("jinja", "template", "fields"),
    [
        ("{{a}} {{b}} {{c}}", "{{text}} {{b}} {{c}}", ("b", "c")),
        ("{% if kind == 'x' %}{{a}}{% else %}{{b}}{% endif %}",
         "{% if kind == 'x' %}{{text}}{% else %}{{text_pair}}{% endif %}", ("kind",)),
        ("Hm:\n{{review.text}}", "Hm:\n{{text}}", ()),
        ("{% set x = 1 %}{{review}}", "{{text}}", ()),
        ("{{review}} {{facts | join(' ')}}", "{{text}} {{facts | replace('\\n', ' ')}}", ("facts",)),
        ("{{review}} {{facts | join('\\n- ')}}", "{{text}} {{facts | replace('\\n', '\\n- ')}}", ("facts",)),
        ("{{pair[0]}} or {{pair[1]}}", "{{text}} or {{text_pair}}", ()),
        ("{{review}} {{ ', '.join(answer_choices) }}", "{{text}} {{ 'no, yes' }}", ()),
        ("{{review}}{% for each in answer_choices %} {{ loop.index }}. {{ each }}{% endfor %}",
         "{{text}}{{ ' 1. no 2. yes' }}", ()),
        ("{{review}} {{ answer_choices[0].upper() }}", "{{text}} {{ 'NO' }}", ()),
    ],
)  # fmt: skip
def test_further_columns_are_fields_and_what_is_fixed_is_written_out(
    card: Card, jinja: str, template: str, fields: tuple[str, ...]
):
    prompt = card(one(jinja + TARGET))
    assert (prompt.template, prompt.fields) == (template, fields)
    assert prompt.choices == {"no": "no", "yes": "yes"}


def test_a_condition_around_all_of_it_is_left_out_and_told(importing: Callable[..., list[Outcome]]):
    (outcome,) = importing(one("{% if label != -1 %}{{review}}" + TARGET + "{% endif %}"))
    assert (outcome.state, outcome.note.split("; ")[-1]) == (
        "imported",
        "its condition is left out, so it asks about all rows",
    )


@pytest.mark.parametrize("target", ["{{ answer }}", "{{ answer|lower }}", "{{ {'x': 'no', 'y': 'yes'}[label] }}"])
def test_a_row_may_say_its_choice_itself(card: Card, target: str):
    assert card(one(f"{{{{review}}}} ||| {target}")).choices == {"no": "no", "yes": "yes"}


ROWS = {
    "a list": (
        "{{question}} {{ options | join(', ') }} ||| {{ answer_choices[label] }}",
        "{{ options | join('|||') }}",
        "{{text}} {{ choices | join(', ') }}",
        "row",
    ),
    "a list by its other name": (
        "{{question}} {{ answer_choices | join(' or ') }} ||| {{ options[label] }}",
        "{{options|join(' ||| ')}}",
        "{{text}} {{ choices | join(' or ') }}",
        "row",
    ),
    "a list within a column": (
        "{{question}}{% for each in choices.text %} {{ each }}{% endfor %}"
        " ||| {{ answer_choices[choices['label'].index(answerKey)] }}",
        "{{choices.text | join('|||')}}",
        "{{text}}{% for each in choices %} {{ each }}{% endfor %}",
        "row",
    ),
    "columns": (
        "{{goal}} {{sol1}} or {{ answer_choices[1] }}? ||| {{ answer_choices[label] }}",
        "{{sol1}} ||| {{sol2}}",
        "{{text}} {{choices[0]}} or {{ choices[1] }}?",
        {"A": "{{ choices[0] }}", "B": "{{ choices[1] }}"},
    ),
    "columns that are trimmed": (
        "{{goal}} {{ answer_choices | join(' or ') }} ||| {{ answer_choices[label - 1] }}",
        "{{sol1 | trim('.')}} ||| {{sol2}}!",
        None,
        None,
    ),
    "columns in other letters": (
        "{{goal}} {{ answer_choices[0] }} ||| {{ answer_choices[label | int - 1] }}",
        "{{sol1 | trim('.')}} ||| {{sol2|lower}}",
        "{{text}} {{ (sol1|trim('.')) }}",
        {"A": "{{sol1 | trim('.')}}", "B": "{{sol2|lower}}"},
    ),
    "targets for each case": (
        "{{goal}} {{sol1}} {{sol2}} ||| {% if answer == '1' %}{{sol1}}{% else %}{{sol2}}{% endif %}",
        "{{sol1}} ||| {{sol2}}",
        "{{text}} {{choices[0]}} {{choices[1]}}",
        {"A": "{{ choices[0] }}", "B": "{{ choices[1] }}"},
    ),
}


@pytest.mark.parametrize("case", [case for case, row in ROWS.items() if row[2]])
def test_choices_of_each_row(card: Card, case: str):
    jinja, choices, template, expected = ROWS[case]
    prompt = card(one(jinja, choices))
    assert prompt.template == template
    assert prompt.choices == PromptCard(name="p", description="d", choices=expected).choices


@pytest.mark.parametrize(
    ("jinja", "choices", "why"),
    [
        (*ROWS["columns that are trimmed"][:2], "its answer choices depend on the row by a rule"),
        ("{{q}} ||| {{ answer_choices[1 - label] }}", "{{a}} ||| {{b}}", "its target is not the choice at the place"),
        ("{{q}} ||| {{ answer_choices[3] }}", "{{a}} ||| {{b}}", "its target is not the choice at the place"),
        ("{{q}} ||| {{ answer_choices[{'A': 1, 'B': 0}[key]] }}", "{{a}} ||| {{b}}", "its target is not the choice"),
        (
            "{{q}} ||| {% if l == '1' %}{{b}}{% else %}{{a}}{% endif %}",
            "{{a}} ||| {{b}}",
            "its target is not the choice at the place",
        ),
        (
            "{{q}} ||| {{ answer_choices[label] }}",
            "{{t.split() | join('|||')}}",
            "its answer choices depend on the row",
        ),
        ("{{q}} {{a}} {{ other[2] }} ||| {{ answer_choices[i] }}", "{{o | join('|||')}}", ""),
    ],
)
def test_choices_of_each_row_that_are_left_out(
    reason: Reason, importing: Callable[..., list[Outcome]], jinja: str, choices: str, why: str
):
    if why:
        assert reason(one(jinja, choices)).startswith(why)
    else:
        assert [each.state for each in importing(one(jinja, choices))] == ["imported"]


@pytest.mark.parametrize(
    "loop",
    [
        "{% for each in options %}{{ answer_choices[loop.index - 1] }}. {{each}} {% endfor %}",
        "{% for k in range(options | length) %}{{ answer_choices[k] }}. {{ options[k] }} {% endfor %}",
        "{% for k in range(options|length) %}{{ '. '.join([answer_choices[k], options[k]]) }} {% endfor %}",
        "{% for letter, each in zip(answer_choices, options) %}{{letter}}. {{each}} {% endfor %}",
    ],
)
def test_letters_are_answered_for_the_choices_of_a_row(card: Card, loop: str):
    prompt = card(one(f"{{{{q}}}} {loop} ||| {{{{ answer_choices[label] }}}}", "A ||| B"))
    assert prompt.choices == {"A": "A", "B": "B"}
    (shown,) = render_inputs(prompt, [InputRow("Which?", choices=("rain", "snow"))])
    assert shown == "Which? A. rain B. snow "


@pytest.mark.parametrize("test", ["kind == 3", "kind", "not kind", "kind > 2", "0 < kind"])
def test_conditions_mean_the_same_where_all_is_text_or_it_is_left_out(reason: Reason, test: str):
    why = reason(one(f"{{% if {test} %}}{{{{a}}}}{{% else %}}{{{{b}}}}{{% endif %}}{TARGET}"))
    assert why == "it shows other words by the column 'kind', which is no text"
