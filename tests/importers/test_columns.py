"""Columns become text and text_pair where they are variables, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.errors import InputError
from taskatlas.importers.columns import columns_of, rename_columns
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.imported_files import one, template, templates

TARGET = " ||| {{ answer_choices[label] }}"
LABELS = "labels: no → no, yes → yes"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{a}}", "{{text}}"),
        ("a {{ a }} b {{a}} 'a'", "a {{ text }} b {{text}} 'a'"),
        ("{{ a|title }} {{ 'a' }} {{ \"{{a}}\" }}", "{{ text|title }} {{ 'a' }} {{ \"{{a}}\" }}"),
        ("{% if a is defined %}{{ a }}{% endif %}", "{% if text is defined %}{{ text }}{% endif %}"),
        ("{% if not a %}x{% elif a %}{{a[:9]}}{% endif %}", "{% if not text %}x{% elif text %}{{text[:9]}}{% endif %}"),
        ("{# a #}{% raw %}{{ a }}{% endraw %}{{ a }}", "{# a #}{% raw %}{{ a }}{% endraw %}{{ text }}"),
        ("{{- a -}}  a", "{{- text -}}  a"),
        ("{{ a ~ ab ~ a_b }}", "{{ text ~ ab ~ a_b }}"),
        ("{{ 'x' if a else a|default('a', true) }}", "{{ 'x' if text else text|default('a', true) }}"),
        ("é{{a}}\r\n😀", "é{{text}}\n😀"),
    ],
)  # fmt: skip
def test_only_variables_are_renamed(template: str, expected: str):
    assert rename_columns(template, {"a": "text"}) == expected


def test_columns_that_are_called_like_words_of_jinja():
    renamed = rename_columns(
        "{{ title|title }} {{ length|truncate(length=5) }} {{ x if string is string else x }} {{ x is not none }}",
        {"title": "text", "length": "text_pair", "string": "text", "none": "text"},
    )
    assert renamed == (
        "{{ text|title }} {{ text_pair|truncate(length=5) }} {{ x if text is string else x }} {{ x is not none }}"
    )


def test_columns_can_be_swapped():
    assert (
        rename_columns("{{text_pair}} {{text}}", {"text_pair": "text", "text": "text_pair"}) == "{{text}} {{text_pair}}"
    )


@pytest.mark.parametrize("source", ["{{ is }} {{ x is string }}", "{{ not_a is a }} {{ a is not is }}"])
def test_what_cannot_be_told_apart_is_not_guessed(source: str):
    with pytest.raises(InputError, match="cannot be told from words of Jinja2"):
        rename_columns(source, {"is": "text", "a": "text"})


def test_columns_come_in_the_order_in_which_they_stand():
    assert columns_of("{{ 'z' if b else c }} {{b}} {{ a }} {{ c }}") == (["b", "c", "a"], [])


@pytest.mark.parametrize(
    ("jinja", "expected", "note"),
    [
        ("Happy? {{ review }}", "Happy? {{ text }}", "guessed: text is review"),
        ("{{ a }}/{{ b }}", "{{ text }}/{{ text_pair }}", "guessed: text is a, text_pair is b"),
        ("{{ title }}/{{ text }}", "{{ text_pair }}/{{ text }}", "guessed: text is text, text_pair is title"),
        ("{{ text_pair }}/{{ b }}", "{{ text_pair }}/{{ text }}", "guessed: text is b, text_pair is text_pair"),
    ],
)
def test_columns_are_guessed_and_the_guess_is_told(
    card: Callable[..., PromptCard], importing: Callable[..., list[Outcome]], jinja: str, expected: str, note: str
):
    assert card(one(jinja + TARGET)).template == expected
    (again,) = importing(one(jinja + TARGET))
    assert (again.state, again.note) == ("there already", f"{note}; {LABELS}")


def test_all_templates_of_a_file_take_its_columns_alike(importing: Callable[..., list[Outcome]]):
    bodies = ["{{c}}", "{{a}} {{b}} {{c}}", "{{a}} so {{b}}", "{{b}} as {{a}}", "{{b}}", "{{b}} or {{c}}"]
    entries = [template(jinja + TARGET, name=f"n{at}", key=f"k{at}") for at, jinja in enumerate(bodies)]
    assert [each.note.removeprefix("guessed: ").split(";")[0] for each in importing(templates(*entries))] == [
        "text is c",
        "text is a, text_pair is b, fields c",
        "text is a, text_pair is b",
        "text is a, text_pair is b",
        "text is a, text_pair is b",
        "text is b, text_pair is c",
    ]


def test_named_columns_are_taken_as_they_are_named(
    card: Callable[..., PromptCard], reason: Callable[..., str], importing: Callable[..., list[Outcome]]
):
    content = one("{{ hypothesis }} after {{ premise }}" + TARGET)
    why = "it shows the column 'premise', which neither --text nor --text-pair names"
    assert reason(content, text="hypothesis") == why
    prompt = card(content, text="premise", text_pair="hypothesis")
    assert prompt.template == "{{ text_pair }} after {{ text }}"
    (again,) = importing(content, text="premise", text_pair="hypothesis")
    assert again.note == LABELS


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"text_pair": "b"}, "--text-pair needs --text"),
        ({"text": "a", "text_pair": "a"}, "--text and --text-pair both name 'a'"),
        ({"labels": ("No", "no")}, "--labels names a label twice, or an empty one"),
        ({"labels": ("no", "")}, "--labels names a label twice, or an empty one"),
    ],
)
def test_options_that_contradict_themselves(options: dict, what: str):
    with pytest.raises(InputError) as raised:
        ImportOptions(**options)
    assert raised.value.what == what
    assert raised.value.todo


def test_the_order_of_columns_is_that_of_templates_with_choices(project: Path, importing: Callable[..., list[Outcome]]):
    """Free text that turns a question around says less than what is chosen from."""
    entries = [
        template("{{answer}} Of what: {{document_title}}? ||| {{question}}", None, "free", "k0"),
        template("{{question}} Is it {{answer}}?" + TARGET, name="asked", key="k1"),
        template("{{answer}} Is it said of {{question}}?" + TARGET, name="turned", key="k2"),
    ]
    outcomes = importing(templates(*entries))
    assert [each.note for each in outcomes] == [
        "free text; guessed: text is answer, text_pair is document_title",
        f"guessed: text is question, text_pair is answer; {LABELS}",
        f"guessed: text is question, text_pair is answer; {LABELS}",
    ]
    _, choosing, turned = (load(project).prompts[Path(each.card or "").stem] for each in outcomes)
    assert choosing.template == "{{text}} Is it {{text_pair}}?"
    assert turned.template == "{{text_pair}} Is it said of {{text}}?"
