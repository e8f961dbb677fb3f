from __future__ import annotations

import numpy as np
import pytest

from taskatlas.errors import ModelError, PromptError
from taskatlas.predict.encode import Encoder
from tests.support.asking import examples, predict, prompt

OBVIOUS = {
    "I loved every minute, what a wonderful film.": "positive",
    "An awful, boring waste of time.": "negative",
    "Great food and very friendly staff, we will be back.": "positive",
    "The worst service I have ever had, terrible.": "negative",
}


def test_is_right_about_the_obvious(tmp_path, parts, encoder_card):
    feeling = prompt("feeling", answer="It was {{ choice }}.", choices={"negative": "terrible", "positive": "great"})
    topic = prompt("topic", choices={"food": "a meal", "sport": "a football match"})
    tables = predict(encoder_card, [feeling, topic], examples(list(OBVIOUS)), tmp_path, parts, "cpu")
    assert list(tables) == ["minilm/feeling", "minilm/topic"]
    answers = tables["minilm/feeling"].to_pylist()
    assert [row["label"] for row in answers] == list(OBVIOUS.values())
    assert [row["output"] for row in answers] == ["great", "terrible", "great", "terrible"]
    assert all(np.isclose(sum(row["probabilities"]), 1, atol=1e-6) for row in answers)
    assert tables["minilm/topic"]["label"].to_pylist()[2] == "food"


def test_probabilities_are_a_softmax_of_scaled_cosines(tmp_path, parts, encoder_card):
    from taskatlas.predict.encode import last_layer

    texts = ["good", "bad weather"]
    vectors = last_layer(
        Encoder(encoder_card.weights, tmp_path, "cpu").encode([(t, None) for t in [*texts, "bad", "good"]])
    )
    odds = np.exp(20 * vectors[:2] @ vectors[2:].T)
    tables = predict(encoder_card, [prompt()], examples(texts), tmp_path, parts, "cpu")["minilm/plain"]
    np.testing.assert_allclose(tables["probabilities"].to_pylist(), odds / odds.sum(1, keepdims=True), atol=1e-5)


def test_what_prompts_share_is_encoded_once(tmp_path, parts, encoder_card, monkeypatch):
    seen: list[str] = []
    before = Encoder.timed

    def spy(self, texts, **options):
        seen.extend(text for text, _ in texts)
        return before(self, texts, **options)

    monkeypatch.setattr(Encoder, "timed", spy)
    shared = [prompt(name, choices={"a": name, "b": "bad"}) for name in ("one", "two")]
    framed = [prompt(name, template="So: {{ text }}") for name in ("three", "four")]
    predict(encoder_card, [*shared, *framed], examples(["x", "y"]), tmp_path, parts, "cpu")
    assert sorted(seen) == ["So: x", "So: y", "bad", "good", "one", "two", "x", "y"]


def test_a_pair_is_shown_as_the_prompt_says(tmp_path, parts, encoder_card):
    card = prompt(template="{{ text }} {{ text_pair }}")
    texts = examples([("It was", "good"), ("It was", "bad"), ("It was good", None)])
    tables = predict(encoder_card, [card], texts, tmp_path, parts, "cpu")["minilm/plain"]
    assert tables["label"].to_pylist() == ["positive", "negative", "positive"]


def test_needs_a_prompt_that_renders(tmp_path, parts, encoder_card):
    with pytest.raises(ModelError, match="model minilm: it needs a prompt"):
        predict(encoder_card, [None], examples(["x"]), tmp_path, parts, "cpu")
    with pytest.raises(PromptError):
        predict(encoder_card, [prompt(template="{{ txt }}")], examples(["x"]), tmp_path, parts, "cpu")
