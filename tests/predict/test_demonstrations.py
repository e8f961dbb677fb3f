"""Demonstrations: which answered texts are shown before a text, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError, PromptError
from taskatlas.hashing import text_id
from taskatlas.predict.demonstrations import chat_messages, join_turns, render_turns, select_demonstrations
from taskatlas.predict.encode import last_layer
from taskatlas.predict.features import features_for
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.model import Demonstration, Example, ModelContext
from taskatlas.predict.render import check_prompt, prompt_version
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.language import CausalModel
from taskatlas.schemas.prompts import Demonstrations, PromptCard
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt
from tests.support.checkpoints import MINILM

SURROGATE = SurrogateCard(name="s", description="d", weights=MINILM)
POOL = [
    ("the dog sat", "positive"), ("the cat sat", "negative"), ("a film was good", "positive"),
    ("it was very bad", "negative"), ("on the mat", "positive"), ("a dog", "positive"),
]  # fmt: skip


def answered(text: str, label: str, pair: str | None = None) -> Demonstration:
    return Demonstration(text_id(text, pair), text, pair, label)


def showing(**fields: Any) -> PromptCard:
    """A prompt that shows demonstrations."""
    choose = fields.pop("choose", "random")
    named = {"examples": ({"text": "x", "label": "positive"},)} if choose == "fixed" else {"dataset": "mood"}
    own = {name: fields.pop(name) for name in ("count", "seed", "separator") if name in fields}
    own |= {"answer": fields.pop("answered")} if "answered" in fields else {}
    return prompt(**fields, demonstrations=Demonstrations(choose=choose, **named, **own))


@pytest.fixture
def context(tmp_path: Path, parts: Parts) -> ModelContext:
    pools = {"plain": tuple(answered(*each) for each in POOL)}
    return ModelContext(tmp_path, parts, "cpu", demonstrations=pools, surrogate=SURROGATE)


def indices(context: ModelContext, one: PromptCard, texts: Sequence[str]) -> list[tuple[int, ...]]:
    examples_of_texts = [Example(text_id(text), text) for text in texts]
    return list(select_demonstrations(one, context.demonstrations["plain"], examples_of_texts, context))


def test_fixed_ones_are_all_shown_in_their_order_but_never_the_text_itself(context):
    selected = indices(context, showing(choose="fixed"), ["one two", "the cat sat"])
    assert selected == [(0, 1, 2, 3, 4, 5), (0, 2, 3, 4, 5)]


def test_random_ones_are_drawn_once_by_seed_with_labels_in_turn(context):
    first, second = indices(context, showing(count=4), ["one", "two"])
    assert first == second
    assert len(set(first)) == 4
    labels = [POOL[index][1] for index in first]
    assert sorted(labels[:2]) == sorted(labels[2:]) == ["negative", "positive"]
    draws = {indices(context, showing(count=4, seed=seed), ["one"])[0] for seed in range(8)}
    assert len(draws) > 4
    # in the place of the text itself stands the next one, and all others stay
    out = POOL[first[1]][0]
    (others,) = indices(context, showing(count=4), [out])
    assert others[:3] == (first[0], first[2], first[3])
    assert len({*others, *first}) == 5


def test_there_are_no_more_than_there_are(context):
    assert len(indices(context, showing(count=64), ["one"])[0]) == len(POOL)
    assert len(indices(context, showing(choose="nearest", count=64), ["a dog"])[0]) == len(POOL) - 1


def test_the_nearest_by_the_surrogate_stand_last(context, monkeypatch):
    monkeypatch.setattr("taskatlas.predict.demonstrations._BLOCK", 2)
    texts = ["a dog", "the puppy was sitting", "an awful movie"]
    selected = indices(context, showing(choose="nearest", count=3), texts)
    phi = last_layer(
        features_for(
            MINILM,
            [Example(text_id(text), text) for text in [*texts, *(text for text, _ in POOL)]],
            context.parts,
            context.project,
        )
    )
    cosines = phi[:3] @ phi[3:].T
    cosines[0, 5] = -1  # itself
    expected = [tuple(np.argsort(row)[-3:]) for row in cosines]
    assert selected == expected
    assert POOL[selected[1][-1]][0] == "the dog sat"


def test_an_empty_pool_is_named(tmp_path, parts):
    empty = ModelContext(tmp_path, parts)
    with pytest.raises(ModelError, match=r"prompt plain: there is nothing to take demonstrations from\. Name another"):
        render_turns(showing(), [Example("id", "text")], empty)
    assert render_turns(prompt(), [Example("id", "text")], empty) == [()]


def test_they_are_rendered_like_the_text_and_answered_like_a_choice(context):
    one = showing(template="Review: {{ text }}", answer="It is {{ choice }}.", separator=" # ", count=2)
    (before,) = render_turns(one, [Example("id", "new")], context)
    words = {"positive": "good", "negative": "bad"}
    (first, _), drawn = before, indices(context, one, ["new"])[0]
    text, label = POOL[drawn[0]]
    assert first == (f"Review: {text}", f"It is {words[label]}.")
    joined = join_turns(before, "Review: new", " ", one)
    assert joined == " # ".join(
        [*(f"{examples_of_texts} {answer}" for examples_of_texts, answer in before), "Review: new"]
    )
    assert joined.count("It is") == 2


def test_free_answers_are_shown_as_they_are(context):
    one = showing(choices={}, answer="> {{ choice }}", count=1)
    (before,) = render_turns(one, [Example("id", "new")], context)
    assert before[0][1] in {"> positive", "> negative"}


def test_in_chats_they_are_turns(context):
    one = showing(system="Be brief.", count=2)
    (before,) = render_turns(one, [Example("id", "new")], context)
    messages = chat_messages(one, before, "new")
    assert [turn["role"] for turn in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[2]["content"] in {"good", "bad"}
    assert messages[-1]["content"] == "new"


def test_every_setting_makes_another_version():
    cards = [
        prompt(), showing(), showing(count=3), showing(seed=1), showing(separator="\n"), showing(choose="nearest"),
        showing(choose="fixed"),
    ]  # fmt: skip
    assert len({prompt_version(card) for card in cards}) == len(cards)


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("choose", ["random", "nearest"])
def test_a_language_model_reads_them_before_the_text(tmp_path: Path, parts: Parts, chat: bool, choose: str):
    weights = checkpoints.causal(tmp_path / "llama", chat=chat)
    pool = tuple(answered(*each) for each in POOL)
    card = CausalModel(kind="causal", name="lm", description="d", weights=weights, chat=chat, baseline="N/A")
    one, texts = showing(count=2, choose=choose), ["the dog sat", "one two"]
    context_fields = {"demonstrations": {"plain": pool}, "surrogate": SURROGATE}
    rows = predict(card, [one], examples(texts), tmp_path, parts, "cpu", **context_fields)["lm/plain"].to_pylist()
    context = ModelContext(tmp_path, parts, "cpu", **context_fields)
    examples_of_texts = render_turns(one, [Example(text_id(text), text) for text in texts], context)
    loaded = TransformersLanguageModel(card, tmp_path, "cpu")
    bare = CausalModel(kind="causal", name="lm", description="d", weights=weights, delimiter="" if chat else " ")
    for row, before, text in zip(rows, examples_of_texts, texts, strict=True):
        scores = []
        for seen in (text, "N/A"):
            whole = loaded.render(one, before, seen)
            assert whole.index(before[0][0]) < whole.index(before[1][0]) < whole.rindex(seen)
            selected = predict(bare, [prompt()], examples([whole]), tmp_path, parts, "cpu")["lm/plain"].to_pylist()
            scores.append(np.log(selected[0]["probabilities"]))
        likely = np.exp(scores[0] - scores[1])
        np.testing.assert_allclose(row["probabilities"], likely / likely.sum(), atol=1e-5)


def explained(text: str, label: str, why: str = "") -> Demonstration:
    return Demonstration(text_id(text), text, None, label, (("explanation", why),) if why else ())


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (None, ["great", "awful"]),
        ("{{ answer }}{% if explanation %}, as {{ explanation }}{% endif %}", ["great, as it shone", "awful"]),
        ("{% if explanation %}{{ explanation }}: {% endif %}{{ answer }}", ["it shone: great", "awful"]),
    ],
    ids=["without", "after", "before"],
)
def test_an_explanation_stands_before_or_after_the_answer_or_nowhere(
    context: ModelContext, shown: str | None, told: list[str]
):
    choices = {"negative": "awful", "positive": "great"}
    one = showing(choose="fixed", choices=choices, fields=("explanation",), answered=shown)
    pool = (explained("the sun", "positive", "it shone"), explained("the rain", "negative"))
    (turns,) = render_turns(
        one, [Example(text_id("a dog"), "a dog")], replace(context, demonstrations={one.name: pool})
    )
    assert [answer for _, answer in turns] == told
    check_prompt(one)


def test_prompts_with_and_without_explanations_are_two_versions():
    after = showing(fields=("explanation",), answered="{{ answer }} {{ explanation }}")
    before = showing(fields=("explanation",), answered="{{ explanation }} {{ answer }}")
    assert len({prompt_version(each) for each in (after, before, showing(fields=("explanation",)))}) == 3
    assert prompt_version(showing(answered=None)) == prompt_version(showing())


@pytest.mark.parametrize(("shown", "told"), [("{{ text }}", "shows the same for every answer"), ("{{ why }}", "why")])
def test_an_answer_that_is_not_shown_or_a_field_that_is_not_named_is_refused(shown: str, told: str):
    with pytest.raises(PromptError, match=told):
        check_prompt(showing(answered=shown))


def test_no_field_is_called_as_the_answer_is():
    with pytest.raises(ValueError, match="calls the answer answer, so no field is called so"):
        showing(fields=("answer",), answered="{{ answer }}")
    assert showing(fields=("answer",)).fields == ("answer",)
