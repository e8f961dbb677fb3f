"""Weights that are rounded when they are loaded, and weights that are spread, by card."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from taskatlas.errors import ModelError
from taskatlas.predict import placement
from taskatlas.predict.identity import model_id
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.schemas.language import CausalModel, Seq2SeqModel, TransformersModel
from tests.support import checkpoints
from tests.support.checkpoints import adapter

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "one two three", "the cat sat", "good"]
ANSWERS = [" bad", " very good film", " one", " terrible"]
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def wide(folder: Path) -> CausalModel:
    weights = checkpoints.wide(folder / "wide", hidden_size=64, initializer_range=0.15)
    return CausalModel(kind="causal", name="lm", description="d", weights=weights)


def likelihoods(loaded: TransformersLanguageModel) -> np.ndarray:
    return np.stack(loaded.likelihoods(*loaded.tokenise(TEXTS, ANSWERS)))


def changed(card: TransformersModel, **fields: Any) -> TransformersModel:
    return type(card)(**{**card.model_dump(), **fields})


def test_rounded_weights_are_another_model_and_spread_ones_are_not(tmp_path: Path) -> None:
    plain = wide(tmp_path)
    assert "quantised" not in plain.content, "cards of before keep their ids"
    ids = {model_id(changed(plain, quantised=how)) for how in (None, "int8", "nf4")}
    assert len(ids) == 3
    assert model_id(changed(plain, device_map="auto")) == model_id(plain)


def test_without_bitsandbytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"model lm: quantised: nf4 needs bitsandbytes.*'taskatlas\[quantised\]'"):
        TransformersLanguageModel(changed(wide(tmp_path), quantised="nf4"), tmp_path)


def test_weights_that_are_spread_answer_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoModelForCausalLM

    plain, calls = changed(wide(tmp_path), precision="float32"), []
    expected = likelihoods(TransformersLanguageModel(plain, tmp_path, "cpu"))
    read = AutoModelForCausalLM.from_pretrained
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *a, **b: calls.append(b) or read(*a, **b))
    monkeypatch.setattr(torch.nn.Module, "to", lambda *_: pytest.fail("spread weights are not moved"))
    monkeypatch.setattr("taskatlas.predict.language.transformers_engine.choose_device", lambda _: "cuda")
    loaded = TransformersLanguageModel(changed(plain, device_map="auto"), tmp_path)
    monkeypatch.undo()
    assert calls[0]["device_map"] == "auto"
    assert loaded.device == str(loaded.model.get_input_embeddings().weight.device)
    if not torch.cuda.is_available():  # there nothing but the processor can hold them
        np.testing.assert_allclose(likelihoods(loaded), expected, atol=1e-5)


def test_on_the_processor_weights_are_not_spread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or they would fill accelerators that others use."""
    from transformers import AutoModelForCausalLM

    card, calls = changed(wide(tmp_path), device_map="auto"), []
    read = AutoModelForCausalLM.from_pretrained
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *a, **b: calls.append(b) or read(*a, **b))
    assert TransformersLanguageModel(card, tmp_path, "cpu").device == "cpu"
    assert "device_map" not in calls[0]
    rounded = changed(card, quantised="nf4")
    assert placement.placement(rounded, "cpu", torch.float32)["device_map"] == {"": "cpu"}
    assert placement.placement(rounded, "cuda", torch.float32)["device_map"] == "auto"


def test_an_encoder_decoder_can_be_spread(tmp_path: Path) -> None:
    """Its last layer may be on another device than its first."""

    class Elsewhere:
        def __init__(self, logits: torch.Tensor) -> None:
            self.logits = logits

        def to(self, device: str) -> torch.Tensor:
            return self.logits.to(device)

    loaded = TransformersLanguageModel(
        Seq2SeqModel(kind="seq2seq", name="lm", description="d", weights=checkpoints.seq2seq(tmp_path / "t5")),
        tmp_path,
        "cpu",
    )
    expected = likelihoods(loaded)
    loaded.model.register_forward_hook(lambda _, __, actual: SimpleNamespace(logits=Elsewhere(actual.logits)))
    np.testing.assert_array_equal(likelihoods(loaded), expected)


@pytest.mark.parametrize(("how", "off"), [("int8", 0.15), ("nf4", 0.9)])
def test_rounded_weights_answer_much_alike(tmp_path: Path, how: str, off: float) -> None:
    plain = wide(tmp_path)
    expected = likelihoods(TransformersLanguageModel(plain, tmp_path, "cpu"))
    actual = likelihoods(TransformersLanguageModel(changed(plain, quantised=how), tmp_path, "cpu"))
    assert 1e-4 < np.abs(actual - expected).mean() < off
    assert (actual.argmax(axis=1) == expected.argmax(axis=1)).mean() >= 5 / 7
    assert np.corrcoef(actual.ravel(), expected.ravel())[0, 1] > 0.98


def test_an_encoder_decoder_can_be_rounded(tmp_path: Path) -> None:
    plain = Seq2SeqModel(kind="seq2seq", name="lm", description="d", weights=checkpoints.seq2seq(tmp_path / "t5"))
    expected = likelihoods(TransformersLanguageModel(plain, tmp_path, "cpu"))
    loaded = TransformersLanguageModel(changed(plain, quantised="int8"), tmp_path, "cpu")
    assert "Linear8bitLt" in {type(module).__name__ for module in loaded.model.modules()}
    np.testing.assert_allclose(likelihoods(loaded), expected, atol=0.5)
    assert len(loaded.generate(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("how", ["int8", "nf4"])
def test_an_adapter_stays_as_it_is_on_rounded_weights(tmp_path: Path, how: str) -> None:
    plain = wide(tmp_path)
    tuned = changed(plain, adapter=adapter(tmp_path / "wide", tmp_path / "tuned"))
    before, expected = (likelihoods(TransformersLanguageModel(card, tmp_path, "cpu")) for card in (plain, tuned))
    loaded = TransformersLanguageModel(changed(tuned, quantised=how), tmp_path, "cpu")
    actual = likelihoods(loaded)
    assert any("lora_A" in name for name, _ in loaded.model.named_parameters()), "not merged"
    assert np.abs(actual - expected).mean() < 0.25 * np.abs(before - expected).mean()
    assert len(loaded.generate(TEXTS)) == len(TEXTS)
