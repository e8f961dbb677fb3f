"""What is asked, and what comes of the answers."""

from __future__ import annotations

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.model import Demonstration, Example, ModelContext
from taskatlas.predict.remote.questions import questions
from taskatlas.schemas.prompts import Demonstrations
from tests.support.asking import prompt
from tests.support.endpoint import card_of, later, repeats, says


def test_chats_are_answered_and_read_as_labels(ask, server):
    server.usual = repeats
    rows = ask(stop=("\n",), max_tokens=5, at_once=1)
    assert [row["output"] for row in rows] == ["good", "bad", "odd"]
    assert [row["label"] for row in rows] == ["positive", "negative", None]
    assert rows[0]["probabilities"] is None
    assert server.asked[0] == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "it was good"}],
        "max_tokens": 5,
        "stop": ["\n"],
        "temperature": 0,
    }
    assert set(server.paths) == {"/v1/chat/completions"}
    assert "authorization" not in server.headers[0]


def test_the_system_text_comes_first_in_chats(ask, server):
    ask(prompts=[prompt(system="Answer good or bad.")])
    assert [message["role"] for message in server.asked[0]["messages"]] == ["system", "user"]
    ask(prompts=[prompt(system="Answer good or bad.")], api="completions")
    assert server.asked[-1]["prompt"] in {"it was good", "it was bad", "it was odd"}
    assert server.paths[-1] == "/v1/completions"


def test_options_add_to_requests_and_take_away_from_them(ask, server):
    ask(options={"max_tokens": None, "max_completion_tokens": 9, "temperature": 0.5, "seed": 1})
    asked = {name: value for name, value in server.asked[0].items() if name not in {"model", "messages"}}
    assert asked == {"max_completion_tokens": 9, "temperature": 0.5, "seed": 1}


def test_answers_end_at_stops_and_may_be_empty_or_strange(ask, server):
    server.script = [says(" good\nand more"), says(None), says("h\ud800lf")]
    rows = ask(stop=("\n",), at_once=1)
    assert [row["output"] for row in rows] == ["good", "", "h?lf"]
    assert [row["label"] for row in rows] == ["positive", None, None]


def test_texts_that_are_shown_alike_are_asked_once(ask, server):
    both = [prompt("one"), prompt("two")]
    rows = ask(prompts=both)
    assert len(server.asked) == 3
    assert [row["subject"] for row in rows] == ["remote/one"] * 3 + ["remote/two"] * 3


def test_so_many_at_once_and_no_more(ask, server):
    server.usual = later(0.15, says("fine"))
    ask([f"text {number}" for number in range(12)], at_once=3)
    assert server.most_under_way == 3


def test_nothing_is_asked_where_there_is_nothing_to_ask(ask, server, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert ask([], key="env:NO_SUCH_KEY") == []
    assert ask([], mode="choices") == []
    assert server.asked == []


def test_a_prompt_is_needed(ask):
    with pytest.raises(ModelError, match=r"model remote: it needs a prompt\. Write one"):
        ask(prompts=[None])
    with pytest.raises(ModelError, match="it has no choices, and the model remote chooses"):
        ask(prompts=[prompt(choices={})], mode="choices")
    assert [row["label"] for row in ask(prompts=[prompt(choices={})])] == [None] * 3


@pytest.mark.parametrize("mode", ["choices", "generate"])
def test_demonstrations_are_turns_in_chats_and_text_before_the_text_elsewhere(server, tmp_path, parts, mode):
    demonstrations = Demonstrations(choose="random", dataset="mood", count=1)
    one = prompt(template="Is it? {{ text }}", demonstrations=demonstrations, system="Be brief.")
    pools = {"plain": [Demonstration("id", "the film was kind", None, "positive")]}
    context = ModelContext(tmp_path, parts, demonstrations=pools)
    texts = [Example("other", "it was odd")]
    (chat,) = questions(card_of(server, mode=mode), one, texts, context)
    assert chat.bodies[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it? the film was kind"},
        {"role": "assistant", "content": "good"},
        {"role": "user", "content": "Is it? it was odd"},
    ]
    (plain,) = questions(card_of(server, mode=mode, api="completions"), one, texts, context)
    rendered = "Is it? the film was kind good\n\nIs it? it was odd"
    expected = [rendered] if mode == "generate" else [f"{rendered} bad", f"{rendered} good"]
    assert [body["prompt"] for body in plain.bodies] == expected
    (without,) = questions(card_of(server, mode=mode), prompt(template="Is it? {{ text }}"), texts, context)
    assert without.key != chat.key
