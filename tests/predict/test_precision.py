"""Encoders in bfloat16: near float32, chosen where the device is fast at it, and never mixed with float32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import digest, text_id
from taskatlas.predict import device, manner
from taskatlas.predict.encode import Encoder, encoder_for, last_layer
from taskatlas.predict.features import encoder_key, features_for
from taskatlas.predict.identity import model_id, weights_content
from taskatlas.predict.manner import PLAIN, Manner, manner_of
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import MIXED_TEXTS
from tests.support.checkpoints import MINILM

if TYPE_CHECKING:
    import torch

HALF = Manner("bfloat16")


def card(**fields: object) -> EncoderModel:
    return EncoderModel(**{"kind": "encoder", "name": "e", "description": "d", "weights": MINILM, **fields})


def test_every_layer_is_near_float32(tmp_path: Path) -> None:
    exact, half = (Encoder(MINILM, tmp_path, "cpu", setting).encode(MIXED_TEXTS) for setting in (PLAIN, HALF))
    assert half.dtype == np.float32
    lengths = np.linalg.norm(exact, axis=2) * np.linalg.norm(half, axis=2)
    cosines = (exact * half).sum(axis=2) / lengths
    assert cosines.min() > 0.999
    assert np.abs(exact - half).max() > 1e-5, "it was not bfloat16"


@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "max", "weighted_mean"])
def test_pooling_is_in_float32(tmp_path: Path, pooling: str) -> None:
    """A mean over 40 tokens in bfloat16 would be off by much more than its states are."""
    import torch

    weights = checkpoints.bert("BertModel", tmp_path / "w").model_copy(update={"pooling": pooling})
    half = Encoder(weights, tmp_path, "cpu", HALF)
    text = "the dog sat on a mat . " * 5
    batch = half.padded(half.tokenise([(text, None)]))
    with torch.inference_mode():
        states = half.model(**batch, output_hidden_states=True).hidden_states[-1][0].double().numpy()
    position = np.arange(1, len(states) + 1)[:, None]
    expected = {
        "mean": states.mean(0), "cls": states[0], "last": states[-1], "max": states.max(0),
        "weighted_mean": (states * position).sum(0) / position.sum(),
    }  # fmt: skip
    np.testing.assert_allclose(half.encode([(text, None)])[0, -1], expected[pooling], atol=1e-6)


@pytest.mark.parametrize(("fast", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_what_the_device_is_fast_at(monkeypatch: pytest.MonkeyPatch, fast: bool, precision: str) -> None:
    monkeypatch.setattr(manner, "fast_bfloat16", lambda _: fast)
    assert manner_of(card(), "cpu").precision == precision
    assert manner_of(card(precision="float32"), "cpu") == PLAIN
    assert manner_of(card(precision="bfloat16"), "cpu") == HALF


@pytest.mark.parametrize(
    ("has", "fast"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True}, False), ({}, False)],
)
def test_processors_that_are_fast_at_it(monkeypatch: pytest.MonkeyPatch, has: dict[str, bool], fast: bool) -> None:
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert device.fast_bfloat16("cpu") is fast
    assert device.fast_bfloat16("mps") is False


def test_auto_is_the_same_model_on_every_machine() -> None:
    assert model_id(card()) == model_id(card(precision="float32")) != model_id(card(precision="bfloat16"))


def test_features_are_kept_apart(tmp_path: Path, parts: Parts) -> None:
    texts = [Example(text_id("a dog"), "a dog")]
    exact, half = (features_for(MINILM, texts, parts, tmp_path, "cpu", manner=setting) for setting in (PLAIN, HALF))
    assert not np.array_equal(exact, half)
    for setting, kept in ((PLAIN, exact), (HALF, half)):
        np.testing.assert_array_equal(features_for(MINILM, texts, parts, tmp_path, "cpu", manner=setting), kept)
    assert encoder_key(MINILM) == digest("features", *weights_content(MINILM)), "those of old are found"


@pytest.mark.parametrize(
    ("precision", "layer", "shared", "layers"),
    [
        ("float32", -1, True, "all"),
        ("float32", 2, True, "all"),
        ("float32", -1, False, "last"),
        ("float32", -2, False, "layer5of7"),
        ("bfloat16", -1, True, "last"),
        ("bfloat16", 2, True, "layer2of7"),
    ],
)
def test_only_what_the_surrogate_shares_is_kept_with_all_layers(
    tmp_path: Path, parts: Parts, precision: str, layer: int, shared: bool, layers: str
) -> None:
    texts = [Example(text_id("a dog"), "a dog")]
    actual = Phi(card(precision=precision, layer=layer), ModelContext(tmp_path, parts, "cpu")).encode(
        texts, shared=shared
    )
    key = encoder_key(MINILM, Manner(precision))
    assert [file.name.split("-")[1] for file in (parts.root / "features").glob(f"{key}-*.parquet")] == [layers]
    whole = encoder_for(MINILM, tmp_path, "cpu", Manner(precision)).encode([("a dog", None)])
    np.testing.assert_allclose(actual, last_layer(whole[:, [layer]]), atol=1e-6)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("wrong", "message"), [({"layer": 7}, "layer 7: the weights have 7, 0"), ({"dim": 385}, "dim 385")]
)
def test_a_wrong_layer_or_dim_is_told_before_anything_is_kept(
    tmp_path: Path, parts: Parts, wrong: dict[str, int], message: str, shared: bool
) -> None:
    phi = Phi(card(**wrong), ModelContext(tmp_path, parts, "cpu"))
    with pytest.raises(ModelError, match=f"model e: {message}"):
        phi.encode([Example(text_id("a dog"), "a dog")], shared=shared)
    assert not list(parts.root.rglob("*.npz"))


@pytest.mark.parametrize(("setting", "most"), [(PLAIN, 1_024), (HALF, 512)])
def test_batches_are_smaller_in_bfloat16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: Manner, most: int
) -> None:
    """As many tokens as were measured to be fastest on processors."""
    encoder = Encoder(checkpoints.bert("BertModel", tmp_path / "w"), tmp_path, "cpu", setting)
    seen: list[int] = []
    before = encoder.padded

    def spy(tokens: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        batch = before(tokens)
        seen.append(batch["input_ids"].numel())
        return batch

    monkeypatch.setattr(encoder, "padded", spy)
    encoder.encode([("a dog sat", None)] * 300)
    assert most / 2 < max(seen) <= most
