"""The settings of a surrogate: each changes its key and its features, and what contradicts itself is refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs, Inputs
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import InputError, ModelError
from taskatlas.hashing import digest, text_id
from taskatlas.plan.spaces import space_id_of
from taskatlas.predict.encode import Encoder, last_layer
from taskatlas.predict.features import encoder_key
from taskatlas.predict.identity import surrogate_content, weights_content
from taskatlas.predict.manner import manner_of
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.predict.surrogate import Surrogate
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.encoding import EncodingCard, SurrogateCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints

TEXTS = ["the dog sat on a mat .", "a cat", "the film was very bad , it was terrible .", "good", "yes", "no ?"]
EXAMPLES = [Example(text_id(text), text) for text in TEXTS]
SETTINGS: list[dict[str, Any]] = [
    {}, {"pooling": "last"}, {"layer": 1}, {"layer": (0, 1)}, {"layer": (-1, 0)}, {"dim": 5}, {"prefix": "review: "},
    {"attention": "bidirectional"}, {"precision": "bfloat16"}, {"pooling": "last", "prepending": 2},
]  # fmt: skip


def card(weights: Weights, *, pooling: str = "mean", **settings: Any) -> SurrogateCard:
    named = {**weights.model_dump(), "pooling": pooling}
    return SurrogateCard.model_validate({"name": "s", "description": "d", "weights": named, **settings})


def surrogate(weights: Weights, folder: Path, **settings: Any) -> Surrogate:
    return Surrogate(card(weights, **settings), folder, Parts(folder / "parts"), "cpu")


def inputs_of(ours: Surrogate) -> Inputs:
    texts = ours.prefixed([(text, None) for text in TEXTS])
    return Inputs(texts, partial(ours.features, EXAMPLES), ours.to_tune, "s")


def entity_of(ours: Surrogate) -> EntityOutputs:
    outputs = Outputs(("good", "bad"), np.eye(2, dtype=np.float32)[[0, 1, 1, 0, 0, 1]], soft=False)
    return EntityOutputs(outputs, ours.psi(["good", "bad"]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("surrogates")


@pytest.fixture(scope="module")
def llama(folder: Path) -> Weights:
    return checkpoints.causal(folder / "llama")


def test_each_setting_of_a_causal_surrogate_changes_its_key_and_its_features(llama: Weights, folder: Path) -> None:
    method = METHODS["crosscov"](Options())
    assert len({space_id_of(card(llama, **each), method) for each in SETTINGS}) == len(SETTINGS)
    read = [surrogate(llama, folder, **each).features(EXAMPLES) for each in SETTINGS]
    found = [last_layer(features) for features in read]
    for one in range(len(found)):
        for other in range(one):
            same = found[one].shape == found[other].shape
            assert not (same and np.abs(found[one] - found[other]).max() < 1e-3), (SETTINGS[one], SETTINGS[other])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_surrogate_and_a_model_of_the_same_settings_encode_alike(
    llama: Weights, tmp_path: Path, folder: Path, settings: dict[str, Any]
) -> None:
    ours = surrogate(llama, folder, **settings)
    one = card(llama, **settings)
    shared = one.model_dump(include=set(EncodingCard.model_fields) - {"language"}) | {"precision": one.precision}
    model = EncoderModel.model_validate({"kind": "encoder", **shared})
    context = ModelContext(folder, Parts(tmp_path / "parts"), "cpu")
    asked = [Example(each.text_id + "m", model.prefix + each.text) for each in EXAMPLES]
    expected = Phi(model, context).encode(asked)
    np.testing.assert_allclose(last_layer(ours.features(EXAMPLES)), expected, atol=1e-6)
    np.testing.assert_allclose(last_layer(ours.fresh([(text, None) for text in TEXTS])), expected, atol=1e-6)
    whole = tmp_path / "again"
    again = Surrogate(one, folder, Parts(whole), "cpu")
    assert again.features(EXAMPLES, keep=False).shape == ours.features(EXAMPLES).shape
    assert not whole.exists(), "nothing is written"


def test_a_card_that_says_nothing_keeps_its_dump_and_its_keys(llama: Weights) -> None:
    plain = card(llama)
    assert plain.model_dump() == {
        "name": "s", "description": "d", "license": "unknown", "weights": llama.model_dump(),
    }  # fmt: skip
    assert surrogate_content(plain) == weights_content(llama)
    method = METHODS["student"](Options())
    assert space_id_of(plain, method) == GRAPH["bases"].key(weights_content(llama), method.name, method.settings)
    assert encoder_key(llama, manner_of(plain, "cpu")) == digest("features", *weights_content(llama))
    assert card(llama, dim=4, language="en").model_dump()["dim"] == 4


def test_layers_end_with_the_one_that_the_card_names(llama: Weights, folder: Path) -> None:
    every = Encoder(llama, folder, "cpu").encode([(text, None) for text in TEXTS])
    assert every.shape == (6, 3, 16)
    np.testing.assert_allclose(surrogate(llama, folder, layer=1).features(EXAMPLES), every[:, :2], atol=1e-6)
    mean = np.stack([every[:, 0], (every[:, 0] + every[:, 1]) / 2], axis=1)
    np.testing.assert_allclose(
        surrogate(llama, folder, layer=(1, 0), dim=3).features(EXAMPLES), mean[..., :3], atol=1e-6
    )


def test_output_texts_have_their_own_prefix(llama: Weights, folder: Path) -> None:
    plain, prefixed = surrogate(llama, folder), surrogate(llama, folder, answer_prefix="answer : ", layer=(1, 2))
    expected = surrogate(llama, folder, layer=(1, 2)).psi(["answer : good"])
    np.testing.assert_allclose(prefixed.psi(["good"]), expected, atol=1e-6)
    assert np.abs(plain.psi(["good"]) - expected).max() > 1e-3
    np.testing.assert_allclose(last_layer(prefixed.answer_features(["good"])), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "auto"}, "'float32' or 'bfloat16'"),
        ({"prepending": 2}, "needs pooling: last on the weights"),
        ({"prepending": 2, "pooling": "last", "attention": "bidirectional"}, "leave one of them out"),
        ({"layer": (1,)}, "write one as a number, layer: -1"),
        ({"layer": (1, 1)}, "two layers or more, each once"),
        ({"scale": 2.0}, "Extra inputs are not permitted"),
    ],
)
def test_what_contradicts_itself_is_refused(llama: Weights, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        card(llama, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": 3}, r"surrogate s: layer 3: the weights have 3"),
        ({"layer": (2, -1)}, r"layer \[2, -1\], each once: the weights have 3"),
        ({"dim": 17}, "surrogate s: dim 17: the weights have 16"),
    ],
)
def test_what_the_weights_lack_is_refused(llama: Weights, folder: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        surrogate(llama, folder, **settings).features(EXAMPLES)


@pytest.mark.parametrize(
    "settings", [{"pooling": "last"}, {"pooling": "max", "prefix": "review: "}, {"pooling": "cls"}]
)
def test_what_tunes_it_pools_and_prefixes_alike(llama: Weights, folder: Path, settings: dict[str, Any]) -> None:
    ours = surrogate(llama, folder, **settings)
    tunable = Tunable(ours.to_tune(), "s")
    tokens = tunable.encoder.tokenise(ours.prefixed([(text, None) for text in TEXTS]))
    with torch.no_grad():
        found = np.concatenate([tunable(tunable.encoder.padded([each])).numpy() for each in tokens])
        whole = tunable(tunable.encoder.padded(tokens)).numpy()
    expected = ours.features(EXAMPLES)[:, -1]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(whole, expected, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"layer": 1}, {"dim": 4}, {"precision": "bfloat16"}, {"pooling": "last", "prepending": 2}]
)
def test_what_tunes_it_refuses_what_it_cannot_take(llama: Weights, folder: Path, settings: dict[str, Any]) -> None:
    """And the methods that it advises work."""
    ours = surrogate(llama, folder, **settings)
    inputs = inputs_of(ours)
    with pytest.raises(InputError, match=r"surrogate s: .*methods text, crosscov and student, or leave that out"):
        METHODS["prefix"](Options()).pin(inputs)
    for name in ("text", "crosscov", "student"):
        method = METHODS[name](Options())
        (result,) = method.share(inputs, method.pin(inputs)).embed_many([entity_of(ours)])
        assert result.vector is not None
        assert np.isfinite(result.vector).all()
        assert name == "text" or np.abs(result.vector).max() > 1e-3, "the text vector is seen from these very texts"


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("name", ["prefix", "lora", "linearised"])
def test_methods_tune_causal_surrogates_whose_heads_share_keys(tmp_path: Path, heads: int, name: str) -> None:
    from transformers import LlamaConfig

    words = checkpoints.tokenizer()
    sizes = {**checkpoints.SIZES, "num_attention_heads": 4, "num_key_value_heads": heads, "head_dim": 6}
    model = checkpoints.model("LlamaModel", LlamaConfig(**sizes, vocab_size=len(words), max_position_embeddings=64))
    ours = surrogate(
        checkpoints.save(model, tmp_path / "w", words), tmp_path, pooling="last", attention="bidirectional"
    )
    method, inputs = METHODS[name](Options()), inputs_of(ours)
    tunable = Tunable(inputs.load(), "s")
    with torch.no_grad():
        found = tunable(tunable.encoder.padded(tunable.encoder.tokenise(inputs.texts))).numpy()
    np.testing.assert_allclose(found, inputs.encode()[:, -1], atol=1e-4)
    (result,) = method.share(inputs, method.pin(inputs)).embed_many([entity_of(ours)])
    assert result.vector is not None, result.reason
    assert np.abs(result.vector).max() > 0
