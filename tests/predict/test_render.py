from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskatlas.errors import PromptError
from taskatlas.predict.render import InputRow, check_prompt, prompt_version, render_answers, render_inputs
from tests.support.asking import prompt

ATTACKS = {
    "endless loop": "{% for a in range(10**9) %}{% endfor %}{{ text }}",
    "nested loops": "{% for a in text %}{% for b in text %}{{ a }}{% endfor %}{% endfor %}",
    "giant constant": "{{ 'x' * 10**9 }}{{ text }}",
    "giant power": "{{ 9 ** 9 ** 9 }}{{ text }}",
    "giant number": "{{ " + "9" * 5_000 + " }}{{ text }}",
    "giant format": "{{ '%1000000000d' % 1 }}{{ text }}",
    "giant filter": "{{ text|center(1000000000) }}",
    "giant list": "{{ range(10**9)|list }}{{ text }}",
    "doubling by set": "{% set x = text ~ text %}{{ x }}",
    "doubling by replace": "{{ text|replace('', 'aaaa') }}",
    "doubling by filter": "{{ text" + "|urlencode" * 20 + " }}",
    "quadratic": "{{ text|join(text) }}",
    "many variables": "{{ text }}" * 101,
    "many filters": "{{ text" + "|title" * 21 + " }}",
    "deep brackets": "{{ " + "(" * 5_000 + "text" + ")" * 5_000 + " }}",
    "deep nots": "{{ " + "not " * 500 + "text }}",
    "attribute": "{{ ''.__class__ }}{{ text }}",
    "attribute of text": "{{ text.__class__.__mro__ }}",
    "attribute by item": "{{ text['__class__'] }}",
    "attribute by filter": "{{ text|attr('__class__') }}",
    "call": "{{ text() }}",
    "call of another method": "{{ text.encode() }}",
    "method that is not called": "{{ text.upper }}",
    "method of a method": "{{ text.strip.__self__ }}",
    "method with format": "{{ '{0.__class__}'.format(text) }}",
    "giant method": "{{ text.center(1000000000) }}",
    "doubling by a method": "{{ text.replace('', 'aaaa') }}",
    "doubling by a named argument": "{{ text.replace(old='a', new='aa') }}",
    "method with a variable": "{{ text.strip(text) }}",
    "method with many": "{{ text.strip(*text) }}",
    "many methods": "{{ text" + ".title()" * 21 + " }}",
    "all parts": "{{ text.split('a') }}",
    "a part that may be missing": "{{ text.split('a')[1] }}",
    "parts of white space": "{{ text.split()[0] }}",
    "parts of a variable": "{{ text.split(text)[0] }}",
    "parts at nothing": "{{ text.split('')[0] }}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ text }}",
    "include": "{% include '/etc/passwd' %}{{ text }}",
    "import": "{% import 'os' as os %}{{ text }}",
    "self": "{{ self }}{{ text }}",
    "unclosed": "{{ text",
    "no text": "What is it?",
    "unknown filter": "{{ text|uper }}",
    "unknown variable": "{{ txt }}",
    "answer's variable": "{{ text }} {{ choice }}",
}


@pytest.mark.parametrize("template", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_a_template_may_not_do(template):
    started = time.monotonic()
    with pytest.raises(PromptError) as caught:
        check_prompt(prompt("evil", template=template))
    assert time.monotonic() - started < 1
    assert str(caught.value).startswith("prompt evil: template")
    assert caught.value.todo


@pytest.mark.parametrize("attack", ["endless loop", "giant constant", "giant filter", "doubling by set", "call"])
def test_answers_are_held_to_the_same_bounds(attack):
    with pytest.raises(PromptError, match=r"prompt evil: answer, line 1: .*(may not hold|no filter)"):
        check_prompt(prompt("evil", answer=ATTACKS[attack].replace("text", "choice")))


def test_bounds_hold_in_other_threads():
    with ThreadPoolExecutor(2) as pool, pytest.raises(PromptError):
        pool.submit(check_prompt, prompt(template=ATTACKS["endless loop"])).result(timeout=5)


def test_the_result_is_bounded():
    with pytest.raises(PromptError, match="longer than 2,500,000 characters"):
        render_inputs(prompt(template="{{ text }}" * 100), [InputRow("x" * 30_000)])


def test_the_worst_that_is_allowed_is_quick():
    started = time.monotonic()
    render_inputs(prompt(template="{{ text" + "|title" * 20 + " }}"), [InputRow("word " * 20_000)])
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("template", "single", "pair"),
    [
        ("{{ text }}", "One.", "One."),
        ("Review: {{ text|upper }}", "Review: ONE.", "Review: ONE."),
        ("{% if text_pair %}{{ text }} / {{ text_pair }}{% else %}{{ text }}{% endif %}", "One.", "One. / Two."),
        ("{{ text ~ ' ' ~ text_pair }}", "One. ", "One. Two."),
        ("{{ text[:2] }}{{ text[-1] }}", "On.", "On."),
        ("{{ text|replace('One', '1')|truncate(40, end='') }}", "1.", "1."),
        ("{{ text if text|length > 2 else 'short' }}", "One.", "One."),
        ("{{ text.strip('.').upper() }}{{ text.replace('One', '1', 1) }}", "ONE1.", "ONE1."),
        ("{{ text.split('n')[0] }}{{ text.split('x')|last }}{{ text.split('n')[-1] }}", "OOne.e.", "OOne.e."),
        ("{% if text.startswith('On') %}1 {% endif %}{{ text.rstrip('.') }}", "1 One", "1 One"),
        ("{# a note #}{{ text }} <b>&</b>", "One. <b>&</b>", "One. <b>&</b>"),
    ],
)
def test_what_a_template_may_do(template, single, pair):
    card = prompt(template=template)
    check_prompt(card)
    assert render_inputs(card, [InputRow("One."), InputRow("One.", "Two.")]) == [single, pair]


def test_a_text_is_not_a_template():
    assert render_inputs(prompt(), [InputRow("{{ 7 * 7 }} {% for")]) == ["{{ 7 * 7 }} {% for"]


def test_answers_are_rendered_in_order():
    card = prompt(answer="{{ label }}: it was {{ choice }}.")
    assert render_answers(card) == [("negative: it was bad.",), ("positive: it was good.",)]
    more = card.model_copy(update={"verbalisers": {"positive": ("great",)}})
    assert render_answers(more)[1] == ("positive: it was good.", "positive: it was great.")
    assert prompt_version(more) != prompt_version(card)


def test_answers_of_two_labels_may_not_be_shown_alike():
    with pytest.raises(PromptError, match="shows 'negative' and 'positive' alike, as 'bad'"):
        check_prompt(prompt(verbalisers={"positive": ("fine", "bad")}))


def test_says_which_variable_was_meant():
    with pytest.raises(PromptError, match=r"template, line 2: there is no variable 'txt'. Did you mean 'text'"):
        check_prompt(prompt(template="\n{{ txt }}"))
    with pytest.raises(PromptError, match=r"answer, line 1: there is no variable 'choise'. Did you mean 'choice'"):
        check_prompt(prompt(answer="{{ choise }}"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answer": "it"}, "shows 'negative' and 'positive' alike, as 'it'"),
        ({"answer": "{# #} "}, "shows nothing for 'negative'"),
        ({"choices": {"a": "same", "b": "same"}}, "shows 'a' and 'b' alike"),
        ({"template": "{{ text|truncate(1) }}"}, "cannot be rendered"),
    ],
)
def test_prompts_that_cannot_work(fields, message):
    with pytest.raises(PromptError, match=message):
        check_prompt(prompt(**fields))


def test_the_version_is_of_what_is_shown():
    version = prompt_version(prompt())
    assert version == prompt_version(prompt("renamed", families=("sentiment",)))
    others = [
        prompt(template="{{ text }}."),
        prompt(answer="{{ choice }}."),
        prompt(choices={"negative": "bad", "positive": "fine"}),
        prompt(choices={"positive": "good", "negative": "bad"}),
    ]
    assert len({version, *map(prompt_version, others)}) == 5
