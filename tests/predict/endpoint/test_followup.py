"""A prompt with a followup asks a server twice: both answers are kept, and both are paid for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.kinds.endpoint import Endpoint
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects, distinct
from taskatlas.predict.remote.ledger import Ledger, spent
from taskatlas.schemas.endpoint import SpendLimit
from taskatlas.schemas.prompts import PromptCard
from tests.support.asking import examples, prompt
from tests.support.endpoint import TEXTS, USAGE, card_of, fails, says, text_of

FIRST = "{{ text }}\nThink aloud."
SECOND = "{{ text }}\n{{ reasoning }}\nSo, good or bad?"


def thinking(**fields: Any) -> PromptCard:
    return prompt(template=FIRST, **{"followup": {"template": SECOND, "max_tokens": 40}, **fields})


def thinks(handler: Any, body: dict[str, Any]) -> None:
    """Reasons about the text, then says its last word but one of what it was shown."""
    shown = text_of(body)
    told = f"Hm, {shown.splitlines()[0]}." if shown.endswith("Think aloud.") else shown.splitlines()[0].split()[-1]
    says(told)(handler, body)


def test_a_server_is_shown_its_first_answer(ask, server):
    server.usual = thinks
    rows = ask(prompts=[thinking()], max_tokens=5, stop=("\n",))
    firsts, seconds = server.asked[:3], server.asked[3:]
    assert {text_of(body) for body in firsts} == {f"{text}\nThink aloud." for text in TEXTS}
    assert {text_of(body) for body in seconds} == {f"{text}\nHm, {text}.\nSo, good or bad?" for text in TEXTS}
    assert [row["label"] for row in rows] == ["positive", "negative", None]
    assert {(body["max_tokens"], tuple(body.get("stop", ()))) for body in firsts} == {(40, ())}
    assert {(body["max_tokens"], tuple(body["stop"])) for body in seconds} == {(5, ("\n",))}
    assert all("{{" not in text_of(body) for body in seconds)


def test_what_is_written_first_is_no_template(ask, server):
    server.script = [says("{{ text }} {% if"), says("bad")]
    ask(["fine"], [thinking()], at_once=1)
    assert server.texts()[1] == "fine\n{{ text }} {% if\nSo, good or bad?"


@pytest.mark.parametrize("first", ["", None, "and so on " * 200])
def test_a_first_answer_that_is_empty_or_never_ends_is_followed_up(ask, server, first):
    """The server cuts what never ends where the request says."""
    server.script = [says(first, finish_reason="length"), says("good")]
    rows = ask(["fine"], [thinking()], at_once=1)
    assert server.asked[0]["max_tokens"] == 40
    assert server.texts()[1] == f"fine\n{(first or '').strip()}\nSo, good or bad?"
    assert [row["label"] for row in rows] == ["positive"]


def test_a_first_answer_ends_at_its_own_stop(ask, server):
    server.script = [says("it is warm END and cold"), says("good")]
    ask(["fine"], [thinking(followup={"template": SECOND, "stop": ["END"]})], at_once=1)
    assert server.asked[0]["stop"] == ["END"]
    assert server.texts()[1] == "fine\nit is warm\nSo, good or bad?"


def test_choices_are_scored_after_what_was_written(ask, server):
    """Options that bound an answer to a token do not bound what is written before it."""
    top = [{"token": "good", "logprob": math.log(0.6)}, {"token": "bad", "logprob": math.log(0.2)}]
    server.script = [says("hm"), says("good", logprobs={"content": [{"top_logprobs": top}]})]
    options = {"max_tokens": None, "max_completion_tokens": 1}
    [row] = ask(["fine"], [thinking()], mode="choices", at_once=1, options=options)
    assert row["probabilities"] == pytest.approx([0.25, 0.75])
    first, second = server.asked
    assert (first["max_completion_tokens"], second["max_completion_tokens"]) == (40, 1)
    assert "max_tokens" not in first
    assert "logprobs" not in first
    assert second["logprobs"] is True


def test_choices_that_cannot_be_told_apart_cost_nothing(ask, server):
    with pytest.raises(ModelError, match="begin alike"):
        ask(["fine"], [thinking(choices={"a": "very good", "b": "very bad"})], mode="choices")
    assert server.asked == []


def test_an_interruption_repeats_neither_round(ask, server):
    server.usual = thinks
    server.script = [thinks, fails(400, "unsafe")]
    with pytest.raises(ModelError, match=r"1 of 3 texts have a first answer, which is kept.* goes on"):
        ask(prompts=[thinking()], at_once=1)
    server.script = [thinks, thinks, thinks, fails(400, "unsafe")]
    with pytest.raises(ModelError, match="1 of 3 texts are answered and kept"):
        ask(prompts=[thinking()], at_once=1)
    before = len(server.asked)
    assert before == 2 + 4
    rows = ask(prompts=[thinking()], at_once=1)
    assert [row["label"] for row in rows] == ["positive", "negative", None]
    assert len(server.asked) == before + 2
    ask(prompts=[thinking()])
    assert len(server.asked) == before + 2


def test_both_rounds_are_told_beforehand_and_counted_afterwards(tmp_path, parts, server):
    server.usual = thinks
    card = card_of(server, completion_price=1e6, prompt_price=0, max_tokens=5, at_once=1)
    texts = distinct(examples(TEXTS))
    model = Endpoint(card, ModelContext(tmp_path, parts))
    owed = model.spending([(thinking(), texts)])
    assert (owed.requests, owed.completion_tokens) == (6, 3 * 40 + 3 * 5)
    assert owed.over(SpendLimit(requests=5)) == "5 requests"
    shown = 3 * len("it was good") + 3 * len("it was good\n\nSo, good or bad?")
    assert owed.prompt_tokens > (shown + 3 * 40 * 4) / 4
    assert model.answered(thinking(), texts) == [False] * 3
    server.script = [thinks, thinks, fails(400, "unsafe")]
    with pytest.raises(ModelError, match="unsafe"):
        model.answer([thinking()], texts)
    left = model.spending([(thinking(), texts)]).requests
    assert left == 6 - len(Ledger(parts, card).read())
    one = thinking(name="one")
    answers = answer_subjects(model, card, [one, thinking(name="other")], examples(TEXTS))
    counts = answers[f"{card.name}/one"].counts
    assert (counts["answers"], counts["requests"], counts["uncounted"]) == (3, 6, 0)
    assert counts["completion_tokens"] == 6 * USAGE["completion_tokens"]
    assert sum(answers[f"{card.name}/one"].seconds.values()) == 3
    # two first answers came for the prompt that was cut short; nothing is asked for the last one
    assert (counts["shared"], answers[f"{card.name}/other"].counts["shared"]) == (2, 3)
    assert model.answered(one, texts) == [True] * 3
    assert model.spending([(one, texts)]).requests == 0
    assert sum(each.requests for each in spent(parts, card).values()) == 6
    assert [entry.first for entry in Ledger(parts, card).read()].count(True) == 3


def test_what_first_answers_took_is_told_apart(tmp_path, parts, server):
    """Twenty first answers of 100 tokens do not make answers of a word dear."""
    server.usual = lambda handler, body: (
        says("hm", {"prompt_tokens": 1, "completion_tokens": 100}) if body["max_tokens"] == 40 else says("good")
    )(handler, body)
    card = card_of(server, max_tokens=5)
    model = Endpoint(card, ModelContext(tmp_path, parts))
    model.answer([thinking()], distinct(examples([f"it was {n}" for n in range(20)])))
    owed = model.spending([(thinking(), distinct(examples(["new"])))])
    assert (owed.requests, owed.completion_tokens) == (2, 100 + USAGE["completion_tokens"])


def test_a_key_that_comes_back_in_a_first_answer_is_not_shown_again(ask, server, tmp_path, monkeypatch):
    monkeypatch.setenv("TINY_KEY", "k-93ab77c1d2e4")
    server.script = [says("my key is k-93ab77c1d2e4"), says("good")]
    ask(["fine"], [thinking()], key="env:TINY_KEY", at_once=1)
    assert server.texts()[1] == "fine\nmy key is ***\nSo, good or bad?"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"k-93ab77c1d2e4" in path.read_bytes()]
