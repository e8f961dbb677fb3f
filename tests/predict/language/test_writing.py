"""What language models write, and the label that it is read as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from taskatlas.errors import ModelError
from taskatlas.predict.language.engine import Until
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.reading import label_of
from taskatlas.predict.render import InputRow
from taskatlas.schemas.language import CausalModel, LanguageModel, Seq2SeqModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "good"]


def card(kind: str, folder: Path, **fields: Any) -> LanguageModel:
    card_fields: dict[str, Any] = {
        "name": "lm",
        "description": "d",
        "mode": "generate",
        "max_tokens": 6,
        "stop": (),
        **fields,
    }
    if kind == "t5":
        return Seq2SeqModel(kind="seq2seq", weights=checkpoints.seq2seq(folder / kind), **card_fields)
    return CausalModel(kind="causal", weights=checkpoints.causal(folder / kind, kind), **card_fields)


def alone(of: LanguageModel, folder: Path, text: str) -> str:
    """The likeliest token after the other, without padding or anything kept."""
    loaded = TransformersLanguageModel(of, folder)
    tokens, start = torch.tensor(loaded.tokens([text])), [getattr(loaded.model.config, "decoder_start_token_id", 0)]
    new: list[int] = []
    with torch.no_grad():
        for _ in range(of.max_tokens):
            if of.kind == "seq2seq":
                logits = loaded.model(input_ids=tokens, decoder_input_ids=torch.tensor([start + new])).logits
            else:
                logits = loaded.model(input_ids=torch.cat([tokens, torch.tensor([new], dtype=torch.int64)], 1)).logits
            new.append(int(logits[0, -1].argmax()))
            if new[-1] == loaded.tokenizer.eos_token_id:
                break
    return str(loaded.tokenizer.decode(new, skip_special_tokens=True)).strip()


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral", "t5"])
def test_it_is_the_likeliest_token_after_the_other(tmp_path: Path, kind: str) -> None:
    of = card(kind, tmp_path)
    generated = TransformersLanguageModel(of, tmp_path).generate(TEXTS)
    assert generated == [alone(of, tmp_path, text) for text in TEXTS]
    assert len(set(generated)) > 1


def test_after_nothing_it_writes_as_after_the_token_that_begins_texts(tmp_path: Path) -> None:
    """Alone, and beside another text."""
    of = card("llama", tmp_path)
    expected = alone(of, tmp_path, "<s>")
    assert TransformersLanguageModel(of, tmp_path).tokens([""]) == [[]]
    assert TransformersLanguageModel(of, tmp_path).generate([""]) == [expected]
    assert TransformersLanguageModel(of, tmp_path).generate(["", TEXTS[2]]) == [expected, alone(of, tmp_path, TEXTS[2])]


def test_a_checkpoints_own_settings_do_not_make_it_sample(tmp_path: Path) -> None:
    from transformers import GenerationConfig

    of = card("llama", tmp_path)
    before = TransformersLanguageModel(of, tmp_path).generate(TEXTS)
    GenerationConfig(do_sample=True, temperature=5.0, num_beams=1).save_pretrained(tmp_path / "llama")
    assert TransformersLanguageModel(of, tmp_path).generate(TEXTS) == before


def test_writing_ends_at_a_stop(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    whole = TransformersLanguageModel(of, tmp_path).generate(TEXTS)
    stop = next(text.split()[2] for text in whole if len(text.split()) > 2 and text.split()[2] not in text.split()[:2])
    cut = TransformersLanguageModel(of.model_copy(update={"stop": (stop, "never")}), tmp_path).generate(TEXTS)
    assert cut == [text.split(stop)[0].strip() for text in whole]
    assert cut != whole


def test_answers_are_kept_as_they_are_and_read_as_labels(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    raw = TransformersLanguageModel(of, tmp_path).generate(TEXTS)
    choices = {"first": raw[0], "second": next(text for text in raw if text != raw[0])}
    one = prompt(choices=choices)
    rows = predict(of, [one], examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))["lm/plain"].to_pylist()
    assert [row["output"] for row in rows] == raw
    assert rows[0]["label"] == "first"
    assert {row["label"] for row in rows} == {label_of(text, one, InputRow("")) for text in raw}
    assert all(row["probabilities"] is None for row in rows)


def test_a_prompt_without_choices_is_answered_freely(tmp_path: Path) -> None:
    of, one = card("t5", tmp_path), prompt(choices={})
    rows = predict(of, [one], examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))["lm/plain"].to_pylist()
    assert [row["label"] for row in rows] == [None] * len(TEXTS)
    chooses = of.model_copy(update={"mode": "choices"})
    with pytest.raises(ModelError, match="model lm: prompt plain: it has no choices, and the model lm chooses"):
        predict(chooses, [one], examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("good", "positive"),
        (" Good.\n", "positive"),
        ("“BAD”", "negative"),
        ("positive", "positive"),
        ("It is great, I think", "positive"),
        ("really good, and great", "positive"),
        ("good or bad? I cannot say", None),
        ("Let me see.\nThe answer is bad.\nNot good.", "negative"),
        ("goodness", None),
        ("", None),
        ("...", None),
        ("schlecht", None),
    ],
)
def test_the_label_that_is_meant(text: str, label: str | None) -> None:
    one = prompt(verbalisers={"positive": ("great",)})
    assert label_of(text, one, InputRow("")) == label


def test_an_answer_of_two_labels_means_neither() -> None:
    one = prompt(choices={"no": "a", "yes": "no"})
    assert label_of("no", one, InputRow("")) is None
    assert label_of("a", one, InputRow("")) == "no"
    assert label_of("yes", one, InputRow("")) == "yes"


def test_prompts_that_are_worded_alike_are_answered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = TransformersLanguageModel.generate

    def generate(self: TransformersLanguageModel, texts: list[str], until: Until | None = None) -> list[str]:
        asked.append(len(texts))
        return real(self, texts, until)

    monkeypatch.setattr(TransformersLanguageModel, "generate", generate)
    prompts = [
        prompt(name="one"),
        prompt(name="other", choices={"a": "the", "b": "a"}),
        prompt(template="Say {{ text }}"),
    ]
    tables = predict(card("llama", tmp_path), prompts, examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))
    assert asked == [len(TEXTS)] * 2
    assert tables["lm/one"]["output"] == tables["lm/other"]["output"] != tables["lm/plain"]["output"]
