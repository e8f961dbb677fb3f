"""Likelihoods of answers from a server: by the echo of what is shown, or by the first token of a chat."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.remote.replies import echo_likelihoods
from taskatlas.schemas.language import CausalModel
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt
from tests.support.endpoint import TEXTS, card_of, gives, says, text_of


class Echo:
    """Echoes with the likelihoods of a real model, as vLLM gives them."""

    def __init__(self, folder: Any) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def __call__(self, handler: Any, body: dict[str, Any]) -> None:
        import torch

        assert (body["echo"], body["logprobs"], body["max_tokens"], body["temperature"]) == (True, 1, 0, 0)
        ids = self.tokenizer(text_of(body), return_tensors="pt")["input_ids"]
        with torch.no_grad():
            likely = self.model(ids).logits.log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])[:, 0]
        logprobs = {
            "tokens": self.tokenizer.convert_ids_to_tokens(ids[0]),
            "token_logprobs": [None, *(float(each) for each in likely)],
        }
        # vLLM writes one token and does not tell of it
        usage = {"prompt_tokens": ids.shape[1], "completion_tokens": 1}
        says(text_of(body), usage, logprobs=logprobs)(handler, body)


def test_echoes_give_what_the_weights_give(ask, server, tmp_path, parts):
    weights = checkpoints.causal(tmp_path / "llama")
    server.usual = Echo(tmp_path / "llama")
    one_prompt = prompt(
        template="review: {{ text }}", answer="was {{ choice }}", verbalisers={"positive": ("very great",)}
    )
    rows = ask(prompts=[one_prompt], api="completions", mode="choices", at_once=2)
    card = CausalModel(kind="causal", name="here", description="d", weights=weights)
    here = predict(card, [one_prompt], examples(TEXTS), tmp_path, parts, "cpu")["here/plain"].to_pylist()
    actual, known = ([row["probabilities"] for row in rows_of] for rows_of in (rows, here))
    np.testing.assert_allclose(actual, known, atol=1e-5)
    assert [row["label"] for row in rows] == [row["label"] for row in here]
    assert len(server.asked) == 3 * 3
    assert set(server.texts()) >= {f"review: {text} was bad" for text in TEXTS}
    assert ask(prompts=[one_prompt], api="completions", mode="choices") == rows
    assert len(server.asked) == 3 * 3


def payload(tokens: list[str], likely: list[Any], n_prompt: int | None = None, written: int = 0) -> dict[str, Any]:
    usage = {"usage": {"prompt_tokens": n_prompt, "completion_tokens": written}} if n_prompt else {}
    return {"choices": [{"text": "", "logprobs": {"tokens": tokens, "token_logprobs": likely}}], **usage}


def test_tokens_that_are_shown_with_every_answer_do_not_count():
    good = payload(["a", " b", " go", "od"], [None, -9.0, -1.0, -0.5])
    bad = payload(["a", " b", " bad"], [None, -9.5, -3.0])
    assert echo_likelihoods([good, bad]) == (-1.5, -3.0)
    longer = payload(["a", " b", " go", "od", " er"], [None, -9.0, -1.0, -0.5, -2.0])
    assert echo_likelihoods([good, longer]) == (0.0, -2.0)


def test_what_is_written_all_the_same_does_not_count():
    good = payload(["a", " good", " film"], [None, -1.0, -7.0], 2, 1)
    assert echo_likelihoods([good, payload(["a", " bad"], [None, -2.0], 2)]) == (-1.0, -2.0)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({}, "gives no log-probabilities"),
        ({"logprobs": None}, "gives no log-probabilities"),
        ({"logprobs": {"content": []}}, "lack tokens or token_logprobs"),
        ({"logprobs": {"tokens": ["a"], "token_logprobs": []}}, "lack tokens or token_logprobs"),
        # llama.cpp tells of what it writes alone
        (
            {"logprobs": {"tokens": ["a"], "token_logprobs": [-1.0]}},
            r"of 1 tokens where 7 were shown: it does not echo",
        ),
        ({"logprobs": {"tokens": ["a"] * 7, "token_logprobs": [None] * 7}}, "is missing or no number"),
        ({"logprobs": {"tokens": ["a"] * 7, "token_logprobs": [math.nan] * 7}}, "is missing or no number"),
        ({"logprobs": {"tokens": ["a"] * 7, "token_logprobs": ["-1"] * 7}}, "is missing or no number"),
        ({"logprobs": {"tokens": ["a"] * 7, "token_logprobs": [-(10**400)] * 7}}, "is missing or no number"),
        ({"logprobs": {"tokens": ["a"] * 7, "token_logprobs": [[], *[-1.0] * 6]}}, "is missing or no number"),
        ({"logprobs": {"tokens": [["a"]] * 7, "token_logprobs": [-1.0] * 7}}, "is no text"),
    ],
)
def test_a_server_that_does_not_echo(ask, server, choice, message):
    server.usual = says("fine", **choice)
    with pytest.raises(ModelError, match=rf"{message}.*Set mode: generate on the card"):
        ask(api="completions", mode="choices")


def top(*pairs: tuple[str, float]) -> Any:
    top_tokens = [{"token": token, "logprob": math.log(share)} for token, share in pairs]
    return says("x", logprobs={"content": [{"token": "x", "logprob": 0.0, "top_logprobs": top_tokens}]})


def shares(rows: list[dict[str, Any]]) -> list[float]:
    return [round(float(share), 3) for share in rows[0]["probabilities"]]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("good", 0.6), ("bad", 0.2), ("the", 0.1)], [0.25, 0.75]),
        ([(" Good", 0.3), ("good", 0.3), ("GO", 0.15), ("bad", 0.25), ("", 0.01)], [0.25, 0.75]),
        ([("good", 0.8), ("the", 0.1), ("a", 0.05)], [0.059, 0.941]),
        ([("the", 0.8), ("a", 0.1)], [0.5, 0.5]),
    ],
)
def test_first_tokens_speak_for_answers(ask, server, pairs, expected):
    server.usual = top(*pairs)
    assert shares(ask(["one"], mode="choices", top_logprobs=5)) == expected
    one_prompt = {name: server.asked[0][name] for name in ("max_tokens", "logprobs", "top_logprobs", "temperature")}
    assert one_prompt == {"max_tokens": 1, "logprobs": True, "top_logprobs": 5, "temperature": 0}


def test_a_token_that_begins_two_answers_speaks_for_both(ask, server):
    server.usual = top(("un", 0.4), ("unsure", 0.4), ("yes", 0.1))
    one_prompt = prompt(choices={"no": "unhappy", "perhaps": "unsure", "yes": "yes"}, verbalisers={"yes": ("yes sir",)})
    assert shares(ask(["one"], [one_prompt], mode="choices")) == [0.2, 0.6, 0.2]


def test_answers_of_two_labels_that_begin_alike_are_refused(ask, server):
    one_prompt = prompt(choices={"negative": "Very bad", "positive": "very good"})
    with pytest.raises(ModelError, match=r"prompt plain: 'Very bad' and 'very good' begin alike.*api: completions"):
        ask(["one"], [one_prompt], mode="choices")
    assert server.asked == []


@pytest.mark.parametrize(
    ("logprobs", "message"),
    [
        (None, "gives no log-probabilities"),
        ({"content": None}, "gives no log-probabilities"),
        ({"content": []}, "gives no log-probabilities"),
        ({"content": [{"token": "a", "logprob": 0.0}]}, "gives no top_logprobs"),
        ({"content": [{"top_logprobs": []}]}, "gives no top_logprobs"),
        ({"content": [{"top_logprobs": [{"token": "a"}]}]}, "is missing or no number"),
        ({"content": [{"top_logprobs": [{"token": None, "logprob": -1.0}]}]}, "is missing or no number"),
        ({"content": [{"top_logprobs": ["a"]}]}, "is missing or no number"),
        ({"content": [{"top_logprobs": [{"token": "a", "logprob": 800.0}]}]}, "is missing or no number"),
    ],
)
def test_a_server_that_tells_of_no_tokens(ask, server, logprobs, message):
    server.usual = says("fine", logprobs=logprobs)
    with pytest.raises(ModelError, match=rf"{message}.*[Ss]et mode: generate on the card"):
        ask(mode="choices")


def test_a_server_that_refuses_the_question(ask, server):
    server.usual = gives({"error": {"message": "logprobs are not supported"}}, 400)
    with pytest.raises(
        ModelError, match=r"400 \(logprobs are not supported\).*no log-probabilities, set mode: generate"
    ):
        ask(mode="choices")


def test_both_ways_are_different_models(server):
    one, other = (card_of(server, mode="choices", api=api) for api in ("chat", "completions"))
    assert one.content != other.content
