"""A prompt with a followup asks a language model twice: what it writes first is shown, then its choices are scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.predict.kinds import load_model
from taskatlas.predict.language.engine import Until
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects
from taskatlas.schemas.language import CausalModel, LanguageModel, Seq2SeqModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "good"]
FOLLOWUP = {"template": "{{ text }} {{ reasoning }} was", "max_tokens": 5}


def card(kind: str, folder: Path, **fields: Any) -> LanguageModel:
    named: dict[str, Any] = {"name": "lm", "description": "d", **fields}
    if kind == "t5":
        return Seq2SeqModel(kind="seq2seq", weights=checkpoints.seq2seq(folder / kind), **named)
    return CausalModel(kind="causal", weights=checkpoints.causal(folder / kind, kind), **named)


def thinking(**fields: Any) -> PromptCard:
    return prompt(**{"template": "{{ text }} the", "followup": FOLLOWUP, **fields})


def by_hand(of: LanguageModel, folder: Path, first: Until, followup: str = "was") -> list[PromptCard]:
    """A prompt for each text that asks once what the followup asks after it."""
    written = TransformersLanguageModel(of, folder).generate([f"{text} the" for text in TEXTS], first)
    assert len(set(written)) > 1
    return [prompt(f"p{row}", template="{{ text }} " + f"{each} {followup}") for row, each in enumerate(written)]


@pytest.mark.parametrize("kind", ["llama", "gpt2", "t5"])
@pytest.mark.parametrize("mode", ["choices", "generate"])
def test_the_second_answer_is_that_after_the_first(tmp_path: Path, kind: str, mode: str) -> None:
    """The stop texts and the bound of the card are of the second one."""
    of, parts = card(kind, tmp_path, mode=mode, max_tokens=3, stop=("was",)), Parts(tmp_path / "parts")
    got = predict(of, [thinking()], examples(TEXTS), tmp_path, parts)["lm/plain"].to_pylist()
    alone = predict(of, by_hand(of, tmp_path, Until(5)), examples(TEXTS), tmp_path, parts)
    expected = [alone[f"lm/p{row}"].to_pylist()[row] for row in range(len(TEXTS))]
    assert [row["output"] for row in got] == [row["output"] for row in expected]
    if mode == "choices":
        shares = [[row["probabilities"] for row in rows] for rows in (got, expected)]
        np.testing.assert_allclose(shares[0], shares[1], atol=1e-5)


def test_what_is_written_first_ends_at_its_bound_or_stop(tmp_path: Path) -> None:
    """Random weights never end by themselves."""
    loaded = TransformersLanguageModel(card("llama", tmp_path), tmp_path)
    long, short = (loaded.generate(TEXTS, Until(most)) for most in (12, 4))
    assert all(each.startswith(start) for each, start in zip(long, short, strict=True))
    assert long != short
    stop = long[0][1:3]
    assert loaded.generate(TEXTS[:1], Until(12, (stop,))) == [long[0].split(stop)[0].strip()]


def test_nothing_written_first_is_followed_up(tmp_path: Path) -> None:
    of, parts = card("llama", tmp_path), Parts(tmp_path / "parts")
    written = TransformersLanguageModel(of, tmp_path).generate(["good the"], Until(5))[0]
    one = thinking(followup={**FOLLOWUP, "stop": [written[0]]})
    [row] = predict(of, [one], examples(["good"]), tmp_path, parts)["lm/plain"].to_pylist()
    plain = prompt(template="{{ text }}  was")
    [alone] = predict(of, [plain], examples(["good"]), tmp_path, parts)["lm/plain"].to_pylist()
    np.testing.assert_allclose(row["probabilities"], alone["probabilities"], atol=1e-6)


def test_a_baseline_says_nothing_in_both_rounds(tmp_path: Path) -> None:
    of, parts = card("llama", tmp_path, baseline="a"), Parts(tmp_path / "parts")
    [row] = predict(of, [thinking()], examples(["good"]), tmp_path, parts)["lm/plain"].to_pylist()
    plain = of.model_copy(update={"baseline": None})
    scores = []
    written = TransformersLanguageModel(of, tmp_path).generate(["good the"], Until(5))[0]
    for shown in (f"good {written} was", "a a was"):
        one = prompt(template="{% if text %}" + shown + "{% endif %}")
        [alone] = predict(plain, [one], examples(["good"]), tmp_path, parts)["lm/plain"].to_pylist()
        scores.append(np.log(alone["probabilities"]))
    expected = np.exp(scores[0] - scores[1])
    np.testing.assert_allclose(row["probabilities"], expected / expected.sum(), atol=1e-5)


def test_texts_and_seconds_count_once(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    of = of.model_copy(update={"weights": of.weights.model_copy(update={"max_length": 12})})
    loaded = load_model(of, ModelContext(tmp_path, Parts(tmp_path / "parts")))
    texts = examples([*TEXTS, "the cat sat on the mat " * 9])
    answers = answer_subjects(loaded, of, [thinking(), prompt("once", template="{{ text }} the")], texts)
    assert answers["lm/plain"].counts["cut"] >= answers["lm/once"].counts["cut"] == 1
    assert answers["lm/plain"].counts["cut"] <= len(TEXTS) + 1
    assert sum(answers["lm/plain"].seconds.values()) == sum(answers["lm/once"].seconds.values()) == len(TEXTS) + 1
    assert (
        answers["lm/once"].rows["probabilities"]
        == answer_subjects(loaded, of, [prompt("once", template="{{ text }} the")], texts)["lm/once"].rows[
            "probabilities"
        ]
    )


def test_prompts_that_reason_alike_do_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    generate = TransformersLanguageModel.generate

    def counted(self: Any, texts: Any, until: Any = None) -> list[str]:
        calls.append(len(texts))
        return generate(self, texts, until)

    monkeypatch.setattr(TransformersLanguageModel, "generate", counted)
    of, parts = card("llama", tmp_path), Parts(tmp_path / "parts")
    both = [thinking(name="one"), thinking(name="two", followup={**FOLLOWUP, "template": "{{ reasoning }} so"})]
    predict(of, both, examples(TEXTS), tmp_path, parts)
    assert calls == [len(TEXTS)]
