"""Attention in both directions: who sees whom, that padding does not, and that it is the model under a full mask."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.encode import Encoder
from taskatlas.predict.manner import Manner
from taskatlas.schemas.cards import Weights
from tests.support import checkpoints

BOTH = Manner(attention="bidirectional")
TEXTS = ["the dog sat on a mat .", "a cat", "the film was very bad , it was terrible . the cat sat on it .", "good"]
WINDOW = 4


def decoder(folder: Path, kind: str) -> Weights:
    """A tiny decoder-only model; Mistral's layers see 4 tokens, Gemma 3 has layers of both kinds."""
    import transformers

    words = checkpoints.tokenizer()
    same: dict[str, Any] = {
        **checkpoints.SIZES,
        "vocab_size": len(words),
        "pad_token_id": 0,
        "max_position_embeddings": 64,
    }
    few: dict[str, Any] = same | {"num_key_value_heads": 1, "head_dim": 8}
    fields: dict[str, dict[str, Any]] = {
        "Llama": few, "Qwen2": {**same, "num_key_value_heads": 1}, "Qwen3": few, "Gemma": few,
        "Mistral": few | {"sliding_window": WINDOW},
        "Gemma3Text": few | {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]},
        "GPT2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64, "vocab_size": len(words),
                 "initializer_range": 0.4, "bos_token_id": 1, "eos_token_id": 2},
        "GPTNeo": {"vocab_size": len(words), "hidden_size": 16, "num_layers": 2, "num_heads": 2,
                   "attention_types": [[["global", "local"], 1]], "max_position_embeddings": 64},
    }  # fmt: skip
    config = getattr(transformers, f"{kind}Config")(**fields[kind])
    return checkpoints.save(checkpoints.model(f"{kind}Model", config), folder, words, pooling="mean")


KINDS = ["Llama", "Qwen2", "Qwen3", "Mistral", "GPT2", "Gemma", "Gemma3Text"]


def states(encoder: Encoder, text: str, mask: Any = None) -> np.ndarray:
    """Float32 [L, T, d] of one text, under a mask of one's own if there is one."""
    import torch

    tokens = torch.tensor([encoder.tokenise([(text, None)])[0]["input_ids"]])
    with torch.inference_mode():
        states = encoder.model(input_ids=tokens, attention_mask=mask, output_hidden_states=True).hidden_states
    return np.stack([state[0].numpy() for state in states])


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_token_sees_the_last_one(tmp_path: Path, kind: str) -> None:
    weights = decoder(tmp_path / "w", kind)
    causal, both = Encoder(weights, tmp_path, "cpu"), Encoder(weights, tmp_path, "cpu", BOTH)
    one, other = "a dog sat good", "a dog sat bad"
    np.testing.assert_array_equal(states(causal, one)[:, 0], states(causal, other)[:, 0])
    assert np.abs(states(both, one)[1:, 0] - states(both, other)[1:, 0]).max(axis=1).min() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_padding_does_not_leak(tmp_path: Path, kind: str) -> None:
    encoder = Encoder(decoder(tmp_path / "w", kind), tmp_path, "cpu", BOTH)
    alone = encoder.encode([(text, None) for text in TEXTS], batch_tokens=1)
    np.testing.assert_allclose(encoder.encode([(text, None) for text in TEXTS], batch_tokens=512), alone, atol=1e-5)


def masked(mask: Any, _: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a layer is given, with another mask; GPT-2 takes it by its place."""
    if "attention_mask" in named:
        return args, {**named, "attention_mask": mask}
    return (*args[:2], mask, *args[3:]), named


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_model_as_trained_under_a_full_mask(tmp_path: Path, kind: str) -> None:
    """Layer by layer, as the masks of layers differ."""
    import torch

    weights = decoder(tmp_path / "w", kind)
    plain, both = Encoder(weights, tmp_path, "cpu"), Encoder(weights, tmp_path, "cpu", BOTH)
    text = TEXTS[2]
    length = states(plain, text).shape[1]
    away = (torch.arange(length)[:, None] - torch.arange(length)[None, :]).abs()
    full, near = torch.zeros(length, length), torch.where(away <= WINDOW, 0.0, torch.finfo(torch.float32).min)
    by_layer = {"Mistral": [near, near], "Gemma3Text": [near, full]}.get(kind, [full, full])
    assert length > WINDOW + 2
    layers = next(module for module in plain.model.children() if isinstance(module, torch.nn.ModuleList))
    for layer, mask in zip(layers, by_layer, strict=True):
        layer.register_forward_pre_hook(partial(masked, mask[None, None]), with_kwargs=True)
    np.testing.assert_allclose(states(both, text), states(plain, text, torch.ones(1, length)), atol=1e-5)


def test_models_that_it_is_not_for(tmp_path: Path) -> None:
    for weights in (checkpoints.bert("BertModel", tmp_path / "bert"), checkpoints.seq2seq(tmp_path / "t5")):
        with pytest.raises(ModelError, match=r"its tokens see ahead already\. Leave attention out"):
            Encoder(weights, tmp_path, "cpu", BOTH)
    with pytest.raises(ModelError, match="not possible with models of type gpt_neo"):
        Encoder(decoder(tmp_path / "neo", "GPTNeo"), tmp_path, "cpu", BOTH)
