"""Token Prepending, against the layers of a model run one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.encode import Encoder
from taskatlas.predict.identity import model_id
from taskatlas.predict.manner import Manner
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import EncoderModel
from tests.support import checkpoints

TEXTS = ["the dog sat on a mat .", "a cat", "it was <PST> the film : very bad", "good"]


def deep(folder: Path) -> Weights:
    """A Llama of four layers."""
    from transformers import LlamaConfig

    words = checkpoints.tokenizer()
    sizes = checkpoints.SIZES | {"num_hidden_layers": 4, "vocab_size": len(words), "max_position_embeddings": 64}
    return checkpoints.save(checkpoints.model("LlamaModel", LlamaConfig(**sizes, num_key_value_heads=1)), folder, words)


def encoder(folder: Path, weights: Weights, last_layer: int | None) -> Encoder:
    return Encoder(weights.model_copy(update={"pooling": "last"}), folder, "cpu", Manner(prepending=last_layer))


def by_hand(encoder_of: Encoder, text: str, last_layer: int) -> list[np.ndarray]:
    """The last token's state after every layer but the final norm, of a Llama whose layers are called one by one."""
    import torch

    tokens = torch.tensor([encoder_of.tokenise([(text, None)])[0]["input_ids"]])
    (position,) = (tokens[0] == encoder_of._tokenizer.convert_tokens_to_ids("<PST>")).nonzero()[:, 0].tolist()
    model: Any = encoder_of.model
    with torch.inference_mode():
        states = model.embed_tokens(tokens)
        turned = model.rotary_emb(states, torch.arange(tokens.shape[1])[None])
        ends = [states[0, -1].numpy()]
        for number, layer in enumerate(model.layers, start=1):
            states = states.clone()
            if 2 <= number <= last_layer:
                states[0, position] = states[0, -1]
            states = type(layer).forward(layer, states, attention_mask=None, position_embeddings=turned)
            ends.append(states[0, -1].numpy())
        ends[-1] = model.norm(states)[0, -1].numpy()
    return ends


@pytest.mark.parametrize("last_layer", [2, 3, 4])
def test_placeholders_get_the_last_tokens_state(tmp_path: Path, last_layer: int) -> None:
    weights = deep(tmp_path / "w")
    encoder_of = encoder(tmp_path, weights, last_layer)
    vectors = encoder_of.encode([(text, None) for text in TEXTS])
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(vector, np.stack(by_hand(encoder_of, text, last_layer)), atol=1e-5)


def test_the_first_layers_are_as_they_were_and_later_ones_are_not(tmp_path: Path) -> None:
    weights = deep(tmp_path / "w")
    two, three = (encoder(tmp_path, weights, layer).encode([("the dog sat", None)])[0] for layer in (2, 3))
    np.testing.assert_array_equal(two[:3], three[:3])
    assert np.abs(two[3:] - three[3:]).max(axis=1).min() > 1e-3


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral"])
def test_it_does_not_depend_on_the_batch_or_the_thread(tmp_path: Path, kind: str) -> None:
    encoder_of = encoder(tmp_path, checkpoints.causal(tmp_path / "w", kind), 2)
    alone = encoder_of.encode([(text, None) for text in TEXTS], batch_tokens=1)
    whole = encoder_of.encode([(text, None) for text in TEXTS])
    np.testing.assert_allclose(whole, alone, atol=1e-5)
    again = encoder(tmp_path, checkpoints.causal(tmp_path / "again", kind), 2).encode([(text, None) for text in TEXTS])
    np.testing.assert_array_equal(whole, again)
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda text: encoder_of.encode([(text, None)])[0], TEXTS * 4))
    np.testing.assert_allclose(threaded, np.concatenate([alone] * 4), atol=1e-5)


def test_texts_without_a_placeholder_begin_with_it(tmp_path: Path) -> None:
    encoder_of = encoder(tmp_path, checkpoints.causal(tmp_path / "w"), 2)
    one, other = encoder_of.encode([("a cat", None), ("<PST>a cat", None)])
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_models_that_it_is_not_for(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="prepending is for decoder-only models, and this one is of type bert"):
        encoder(tmp_path, checkpoints.bert("BertModel", tmp_path / "bert"), 2)
    with pytest.raises(ModelError, match=r"prepending 3: it has 2 layers\. Lower prepending"):
        encoder(tmp_path, checkpoints.causal(tmp_path / "w"), 3)


def test_on_the_card(tmp_path: Path) -> None:
    weights = checkpoints.causal(tmp_path / "w").model_copy(update={"pooling": "last"})
    same: dict[str, Any] = {"kind": "encoder", "name": "e", "description": "d", "weights": weights}
    ids = {model_id(EncoderModel(**same, prepending=last)) for last in (None, 2, 3)}
    assert len(ids) == 3
    with pytest.raises(ValueError, match="prepending needs pooling: last"):
        EncoderModel(**same | {"weights": weights.model_copy(update={"pooling": "mean"})}, prepending=2)
    with pytest.raises(ValueError, match="prepending is for attention as trained"):
        EncoderModel(**same, prepending=2, attention="bidirectional")
