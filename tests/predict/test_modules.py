"""Dense, Normalize and StaticEmbedding of sentence-transformers' folders, against sentence-transformers."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, StaticEmbedding, Transformer
from torch import nn

from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import Inputs
from taskatlas.errors import InputError, ModelError
from taskatlas.hashing import file_sha256, text_id
from taskatlas.predict.encode import Encoder, last_layer
from taskatlas.predict.manner import Manner
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.onnx.export import graph_of
from taskatlas.predict.onnx.session import Session
from taskatlas.predict.phi import Phi
from taskatlas.predict.static import encoder_tokenizer
from taskatlas.predict.surrogate import Surrogate
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints

TEXTS = ["the dog sat on a mat .", "a cat", "the film was very bad , it was terrible .", "good"]
EXAMPLES = [Example(text_id(text), text) for text in TEXTS]
PAIRS = [(text, None) for text in TEXTS]


def pinned(folder: Path, *files: str) -> Weights:
    """As a person pins a folder: `sha256sum FILES | sha256sum`, or of one file `sha256sum`."""
    printed = "".join(f"{file_sha256(folder / file)}  {file}\n" for file in files)
    sha256 = hashlib.sha256(printed.encode()).hexdigest() if len(files) > 1 else file_sha256(folder / files[0])
    return Weights(source=folder.name, revision="1", sha256=sha256, max_length=48)


def with_dense(folder: Path, kind: str, *further: nn.Module) -> tuple[SentenceTransformer, Weights]:
    """A transformer, its mean and further modules, as sentence-transformers saves them."""
    base = folder / "base"
    weights = checkpoints.seq2seq(base) if kind == "t5" else checkpoints.bert("BertModel", base)
    assert weights.sha256
    modules = [Transformer(str(base), max_seq_length=48), Pooling(16, pooling_mode="mean"), *further]
    theirs = SentenceTransformer(modules=modules, device="cpu")
    theirs.save_pretrained(str(folder / "w"), create_model_card=False)
    files = sorted(file.relative_to(folder / "w").as_posix() for file in (folder / "w").glob("*_Dense/*.safetensors"))
    return theirs, pinned(folder / "w", *files, "model.safetensors")


def static(folder: Path, *further: nn.Module) -> tuple[SentenceTransformer, Weights]:
    torch.manual_seed(1)
    tokens = checkpoints.tokenizer(begins=True)
    theirs = SentenceTransformer(modules=[StaticEmbedding(tokens, embedding_dim=12), *further], device="cpu")
    theirs.save_pretrained(str(folder / "w"), create_model_card=False)
    files = sorted(each.relative_to(folder / "w").as_posix() for each in (folder / "w").rglob("model.safetensors"))
    return theirs, pinned(folder / "w", *files)


def dense(width: int, to: int, activation: nn.Module, **fields: Any) -> Dense:
    torch.manual_seed(to)
    return Dense(width, to, activation_function=activation, **fields)


@pytest.mark.parametrize("kind", ["bert", "t5"])
@pytest.mark.parametrize(
    "modules",
    [
        lambda: [dense(16, 16, nn.Tanh()), Normalize()],
        lambda: [dense(16, 6, nn.Identity(), bias=False)],
        lambda: [Normalize(), dense(16, 24, nn.GELU()), dense(24, 5, nn.ReLU())],
    ],
)
def test_modules_are_followed_as_sentence_transformers_does(tmp_path: Path, kind: str, modules: Any) -> None:
    theirs, weights = with_dense(tmp_path, kind, *modules())
    expected = theirs.encode(TEXTS, normalize_embeddings=True)
    encoder = Encoder(weights, tmp_path, "cpu")
    layers = encoder.encode(PAIRS)
    np.testing.assert_allclose(last_layer(layers), expected, atol=1e-5)
    assert layers.shape == (4, 3, expected.shape[1]) == (4, encoder.layers, encoder.dim)
    context = ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu")
    model = EncoderModel(kind="encoder", name="e", description="d", weights=weights, precision="float32")
    np.testing.assert_allclose(Phi(model, context).encode(EXAMPLES), expected, atol=1e-5)
    card = SurrogateCard(name="s", description="d", weights=weights, layer=1)
    surrogate = Surrogate(card, tmp_path, context.parts, "cpu")
    np.testing.assert_allclose(surrogate.features(EXAMPLES), layers[:, :2], atol=1e-6)
    assert np.abs(layers[:, 1] - layers[:, 2]).max() > 1e-3


def test_a_dense_module_is_part_of_the_graph_of_onnx(tmp_path: Path) -> None:
    _, weights = with_dense(tmp_path, "bert", dense(16, 6, nn.Tanh()))
    encoder = Encoder(weights, tmp_path, "cpu")
    inputs = encoder.padded(encoder.tokenise(PAIRS))
    found = Session(graph_of(encoder), "here")(inputs)
    assert found is not None
    with torch.inference_mode():
        np.testing.assert_allclose(found, encoder.by_torch(inputs), atol=1e-5)


@pytest.mark.parametrize("further", [lambda: [], lambda: [Normalize()], lambda: [dense(12, 5, nn.Tanh())]])
def test_word_vectors_are_read_as_sentence_transformers_does(tmp_path: Path, further: Any) -> None:
    theirs, weights = static(tmp_path, *further())
    expected = theirs.encode([*TEXTS, ""], normalize_embeddings=True)
    encoder = Encoder(weights, tmp_path, "cpu")
    np.testing.assert_allclose(last_layer(encoder.encode([*PAIRS, ("", None)])), expected, atol=1e-6)
    assert encoder.layers == 1
    pair = encoder.encode([("good", " bad"), ("good bad", None)])
    np.testing.assert_allclose(pair[0], pair[1], rtol=1e-5)
    surrogate = Surrogate(SurrogateCard(name="s", description="d", weights=weights), tmp_path, Parts(tmp_path / "p"))
    np.testing.assert_allclose(last_layer(surrogate.features(EXAMPLES)), expected[:4], atol=1e-6)
    assert encoder_tokenizer(tmp_path / "w", "here").tokenize("the dog") == ["the", "▁dog"]


@pytest.mark.parametrize("kind", ["static", "dense"])
def test_methods_that_tune_refuse_them(tmp_path: Path, kind: str) -> None:
    made = static(tmp_path) if kind == "static" else with_dense(tmp_path, "bert", dense(16, 6, nn.Tanh()))
    theirs, weights = made
    surrogate = Surrogate(SurrogateCard(name="s", description="d", weights=weights), tmp_path, Parts(tmp_path / "p"))
    inputs = Inputs(PAIRS, partial(surrogate.features, EXAMPLES), surrogate.to_tune, "s")
    with pytest.raises(InputError, match=r"surrogate s: .* Choose among the methods text, crosscov and student"):
        METHODS["lora"](Options()).pin(inputs)
    assert theirs.encode("good").shape == METHODS["text"](Options()).pin(inputs)["input_mean"].shape


@pytest.fixture
def bert(tmp_path: Path) -> Weights:
    return with_dense(tmp_path, "bert", dense(16, 6, nn.Tanh()))[1]


def refused(weights: Weights, folder: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Encoder(weights, folder, "cpu")


def test_weights_of_modules_are_verified_and_are_no_pickle(tmp_path: Path, bert: Weights) -> None:
    file = tmp_path / "w" / "2_Dense" / "model.safetensors"
    bare = bert.model_copy(update={"sha256": file_sha256(tmp_path / "w" / "model.safetensors")})
    refused(bare, tmp_path, "another SHA-256")
    content = file.read_bytes()
    save_file({"linear.weight": torch.zeros(6, 16)}, file)
    refused(bert, tmp_path, "another SHA-256")
    file.unlink()
    (file.parent / "pytorch_model.bin").write_bytes(content)
    trusting = bert.model_copy(update={"trust_pickle": True})
    refused(trusting, tmp_path, r"holds no 2_Dense/model\.safetensors.*save_pretrained does; a pickle is not read")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"activation_function": "os.system"}, "2_Dense: its activation is os.system, .* Use a model with one of"),
        ({"activation_function": "torch.nn.modules.activation.Softmax"}, "activation is torch.nn.*Softmax"),
        ({"module_input_name": "token_embeddings"}, "reads something else than the pooled vector"),
        ({"use_residual": True}, "adds it to what it makes"),
    ],
)
def test_a_dense_module_that_does_something_else_is_refused(
    tmp_path: Path, bert: Weights, config: dict[str, Any], message: str
) -> None:
    file = tmp_path / "w" / "2_Dense" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    refused(bert, tmp_path, message)


def test_a_dense_module_that_does_not_fit_is_refused(tmp_path: Path, bert: Weights) -> None:
    file = tmp_path / "w" / "2_Dense" / "model.safetensors"
    for tensors, message in (
        ({"linear.weight": torch.zeros(6, 15)}, r"has weights \[6, 15\] for vectors of 16"),
        ({"other": torch.zeros(6, 16)}, "Dense module cannot be read .KeyError"),
    ):
        save_file(tensors, file)
        refused(pinned(tmp_path / "w", "2_Dense/model.safetensors", "model.safetensors"), tmp_path, message)
    file.write_bytes(b"no tensors")
    refused(pinned(tmp_path / "w", "2_Dense/model.safetensors", "model.safetensors"), tmp_path, "cannot be read .Safet")


def test_modules_outside_the_folder_are_refused(tmp_path: Path, bert: Weights) -> None:
    file = tmp_path / "w" / "modules.json"
    file.write_text(file.read_text().replace('"2_Dense"', '"../2_Dense"'))
    bare = bert.model_copy(update={"sha256": file_sha256(tmp_path / "w" / "model.safetensors")})
    refused(bare, tmp_path, "modules.json cannot be read .* leads out of the folder")


def test_word_vectors_that_are_something_else_are_refused(tmp_path: Path) -> None:
    _, weights = static(tmp_path)
    (file,) = (tmp_path / "w").rglob("model.safetensors")
    named = file.relative_to(tmp_path / "w").as_posix()
    refused(weights.model_copy(update={"pooling": "cls"}), tmp_path, "Say pooling: mean on the card")
    with pytest.raises(ModelError, match=r"no attention\. Leave attention, prepending and adapter out"):
        Encoder(weights, tmp_path, "cpu", Manner(attention="bidirectional"))
    save_file({"embedding.weight": torch.zeros(3, 4)}, file)
    refused(pinned(tmp_path / "w", named), tmp_path, r"holds embedding.weight \[3, 4\], and not one vector for each of")
    (file.parent / "tokenizer.json").write_text("{}")
    refused(pinned(tmp_path / "w", named), tmp_path, "word vectors cannot be read")
