"""Ways in which a text's tokens become one vector, against sentence-transformers, and what its folders say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.encode import Encoder
from taskatlas.predict.identity import model_id
from taskatlas.predict.kinds.encoder import ZeroShot
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import prompt

TEXTS = ["the dog sat on a mat .", "a cat", "the film was very bad , it was terrible .", "good"]
POOLINGS = {"mean": "mean", "cls": "cls", "last": "lasttoken", "max": "max", "weighted_mean": "weightedmean"}


@pytest.mark.parametrize("kind", ["bert", "llama"])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_it_pools_as_sentence_transformers(tmp_path: Path, kind: str, pooling: str) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    weights = checkpoints.bert("BertModel", tmp_path / "w") if kind == "bert" else checkpoints.causal(tmp_path / "w")
    actual = Encoder(weights.model_copy(update={"pooling": pooling}), tmp_path, "cpu").encode(
        [(t, None) for t in TEXTS]
    )
    read = Transformer(str(tmp_path / "w"), max_seq_length=48)
    theirs = SentenceTransformer(modules=[read, Pooling(16, pooling_mode=POOLINGS[pooling])], device="cpu")
    np.testing.assert_allclose(actual[:, -1], theirs.encode(TEXTS), atol=1e-5)


def said(folder: Path, modules: list[str], **pooling: Any) -> None:
    """What a sentence-transformers folder says."""
    rows = [{"idx": i, "name": str(i), "path": f"{i}_{kind}", "type": f"sentence_transformers.models.{kind}"}
            for i, kind in enumerate(modules)]  # fmt: skip
    (folder / "modules.json").write_text(json.dumps(rows))
    for row in rows:
        (folder / row["path"]).mkdir(exist_ok=True)
        (folder / row["path"] / "config.json").write_text(json.dumps(pooling))


@pytest.mark.parametrize(
    ("modules", "pooling", "message"),
    [
        (["Transformer", "Pooling"], {"pooling_mode": "cls"}, "made for cls pooling, .* Say pooling: cls on the card"),
        (["Transformer", "Pooling"], {"pooling_mode_lasttoken": True}, "Say pooling: last on the card"),
        (["Transformer", "Pooling"], {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
         r"made for mean\+max pooling, .* Use another model"),
        (["Transformer", "Pooling", "CNN", "Normalize"], {"pooling_mode": "mean"}, "pass through CNN, .*another model"),
        (["Transformer", "Normalize", "Pooling"], {"pooling_mode": "mean"}, "has the order Transformer, Normalize, Po"),
    ],
)  # fmt: skip
def test_a_folder_of_sentence_transformers_is_held_to_its_own_pooling(
    tmp_path: Path, modules: list[str], pooling: dict[str, Any], message: str
) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    said(tmp_path / "w", modules, **pooling)
    with pytest.raises(ModelError, match=message):
        Encoder(weights, tmp_path, "cpu")
    said(tmp_path / "w", ["Transformer", "Pooling", "Normalize"], pooling_mode_weightedmean_tokens=True)
    assert Encoder(weights.model_copy(update={"pooling": "weighted_mean"}), tmp_path, "cpu").dim == 16
    (tmp_path / "w" / "modules.json").write_text("[1]")
    with pytest.raises(ModelError, match=r"its modules\.json cannot be read .TypeError"):
        Encoder(weights, tmp_path, "cpu")


def phi(card: EncoderModel, folder: Path) -> np.ndarray:
    model = Phi(card, ModelContext(folder, Parts(folder / "parts"), "cpu"))
    return model.encode([Example(str(index), text) for index, text in enumerate(TEXTS)])


def test_a_layer_and_the_first_dimensions(tmp_path: Path) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    plain = EncoderModel(kind="encoder", name="e", description="d", weights=weights, precision="float32")
    layers = Encoder(weights, tmp_path, "cpu").encode([(text, None) for text in TEXTS])
    for layer, dim in ((-1, None), (1, None), (0, 5), (-2, 8)):
        card = plain.model_copy(update={"layer": layer, "dim": dim})
        expected = layers[:, layer, :dim]
        np.testing.assert_allclose(phi(card, tmp_path), expected / np.linalg.norm(expected, axis=1, keepdims=True),
                                   atol=1e-6)  # fmt: skip
        assert (model_id(card) == model_id(plain)) == ((layer, dim) == (-1, None))
    for wrong, message in (
        ({"layer": 3}, "layer 3: the weights have 3, 0"), ({"layer": -4}, "layer -4"), ({"dim": 17}, "dim 17: .* 16"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=f"model e: {message}"):
            phi(plain.model_copy(update=wrong), tmp_path)


def test_another_pooling_is_another_model_with_features_of_its_own(tmp_path: Path) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    cards = [
        EncoderModel(kind="encoder", name="e", description="d", weights=weights.model_copy(update={"pooling": pooling}))
        for pooling in POOLINGS
    ]
    assert len({model_id(card) for card in cards}) == len(cards)
    actual = [phi(card, tmp_path) for card in cards]
    assert all(np.abs(one - other).max() > 1e-3 for i, one in enumerate(actual) for other in actual[:i])
    model = ZeroShot(cards[1], ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu"))
    (answers,) = model.answer([prompt()], [Example("0", TEXTS[0])])
    assert answers.probabilities is not None
