"""What goes before texts, and what sentence-transformers' folders say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict.identity import model_id
from taskatlas.predict.kinds.encoder import ZeroShot
from taskatlas.predict.kinds.probe import Probe
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import add_prefix
from taskatlas.schemas.cards import DatasetCard, Weights
from taskatlas.schemas.models import EncoderModel, ProbeModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, prompt

TEXTS = [Example("1", "the dog sat ."), Example("2", "a cat", "on a mat")]


def card(weights: Weights, **fields: Any) -> EncoderModel:
    card_fields = {
        "kind": "encoder",
        "name": "e",
        "description": "d",
        "weights": weights,
        "precision": "float32",
        **fields,
    }
    return EncoderModel(**card_fields)


def probabilities(card: EncoderModel, folder: Path, shown_prompt: Any) -> np.ndarray:
    (answer,) = ZeroShot(card, ModelContext(folder, Parts(folder / "parts"), "cpu")).answer([shown_prompt], TEXTS)
    assert answer.probabilities is not None
    return np.asarray(answer.probabilities)


def test_an_encoder_puts_them_before_inputs_and_answers(tmp_path: Path) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    plain, prefixed = card(weights), card(weights, prefix="question: ", answer_prefix="answer: ")
    by_prompt = prompt(template="question: it was {{ text }}", answer="answer: very {{ choice }}")
    by_card = prompt(template="it was {{ text }}", answer="very {{ choice }}")
    np.testing.assert_allclose(
        probabilities(prefixed, tmp_path, by_card), probabilities(plain, tmp_path, by_prompt), atol=1e-6
    )
    assert np.abs(probabilities(prefixed, tmp_path, by_card) - probabilities(plain, tmp_path, by_card)).max() > 1e-4


def test_pairs_have_them_before_their_first_text() -> None:
    actual = add_prefix("question: ", TEXTS)
    assert [(one.text, one.text_pair) for one in actual] == [
        ("question: the dog sat .", None),
        ("question: a cat", "on a mat"),
    ]
    assert len({one.text_id for one in (*actual, *TEXTS)}) == 4
    assert add_prefix("", TEXTS) == TEXTS


def test_a_probe_reads_with_its_encoders(tmp_path: Path, parts: Parts) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    dataset = DatasetCard(name="t", description="d", family="f", domain="d", source="s.csv", labels=("bad", "good"))
    probe = ProbeModel(kind="probe", name="p", description="d", encoder="e", dataset="t")
    train = examples(["a dog", "a cat", "it was bad", "the mat"], ["bad", "good", "bad", "good"], "dataset")
    prefixed = train.set_column(
        train.schema.get_field_index("text"), "text", [[f"question: {text}" for text in train["text"].to_pylist()]]
    )

    def answers(prefix: str, table: Any, texts: list[Example]) -> Any:
        context = ModelContext(tmp_path, parts, "cpu", table, card(weights, prefix=prefix), dataset)
        return Probe(probe, context).answer([None], texts)[0].probabilities

    actual = answers("question: ", train, TEXTS)
    # the ids of these texts are not those of what they hold, so that they are read anew
    by_hand = [Example(f"x{one.text_id}", f"question: {one.text}", one.text_pair) for one in TEXTS]
    ids = [f"x{one}" for one in prefixed["text_id"].to_pylist()]
    prefixed = prefixed.set_column(prefixed.schema.get_field_index("text_id"), "text_id", [ids])
    np.testing.assert_allclose(actual, answers("", prefixed, by_hand), atol=1e-5)
    assert np.abs(np.asarray(actual) - np.asarray(answers("", train, TEXTS))).max() > 1e-4

    def named(**fields: Any) -> str:
        return model_id(probe, encoder=card(weights, **fields), dataset=dataset, train_id="1")

    assert named() == named(answer_prefix="a: ") == named(scale=3.0)
    assert len({named(), named(prefix="a: "), named(layer=1), named(precision="bfloat16")}) == 4


def test_they_are_part_of_a_models_id(tmp_path: Path) -> None:
    weights = checkpoints.bert("BertModel", tmp_path / "w")
    ways: list[dict[str, Any]] = [
        {},
        {"prefix": "a: "},
        {"answer_prefix": "a: "},
        {"prefix": "a: ", "answer_prefix": "a: "},
    ]
    assert len({model_id(card(weights, **fields)) for fields in (*ways, {"prefix": "float32"})}) == 5


def weights_with(folder: Path, **prompts: Any) -> Weights:
    """A checkpoint that sentence-transformers saved."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    checkpoints.bert("BertModel", folder / "bare")
    read = Transformer(str(folder / "bare"), max_seq_length=48)
    SentenceTransformer(modules=[read, Pooling(16)], device="cpu", **prompts).save(str(folder / "w"))
    return Weights(source="w", revision="1", sha256=file_sha256(folder / "w" / "model.safetensors"), max_length=48)


def test_it_is_sentence_transformers_default_prompt(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    weights = weights_with(
        tmp_path, prompts={"query": "question: ", "passage": "answer: "}, default_prompt_name="query"
    )
    context = ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu")
    texts = [Example("1", "the dog sat ."), Example("2", "a cat")]
    for wrong in ("", "question:"):
        with pytest.raises(ModelError, match=r"begin with 'question: ', and the card .* Say prefix: \"question: \" on"):
            Phi(card(weights, prefix=wrong), context).encode(texts)
    assert not list((tmp_path / "parts").rglob("*.npz")), "nothing was kept"
    actual = Phi(card(weights, prefix="question: "), context).encode(add_prefix("question: ", texts))
    theirs = SentenceTransformer(str(tmp_path / "w"), device="cpu").encode(
        [text.text for text in texts], normalize_embeddings=True
    )
    np.testing.assert_allclose(actual, theirs, atol=1e-5)


def test_a_folder_may_leave_them_to_the_card(tmp_path: Path) -> None:
    weights = weights_with(tmp_path, prompts={"query": "question: "})
    for prefix in ("", "question: ", "review: "):
        actual = Phi(card(weights, prefix=prefix), ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu")).encode(
            TEXTS
        )
        assert actual.shape == (2, 16)


def test_what_is_there_needs_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights, context = (
        checkpoints.bert("BertModel", tmp_path / "w"),
        ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu"),
    )
    actual = Phi(card(weights, prefix="a: ", layer=1), context).encode(TEXTS)
    gone = weights.model_copy(update={"source": "hf:owner/gone"})

    def fetched(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetched)
    again = Phi(card(gone, prefix="a: ", layer=1), context)
    np.testing.assert_array_equal(again.encode(TEXTS), actual)
    with pytest.raises(ModelError, match="no network"):
        again.encode([Example("3", "a mat")])


def test_prefixes_that_do_not_count_are_refused(tmp_path: Path) -> None:
    weights = weights_with(tmp_path)
    config = next((tmp_path / "w").glob("*_Pooling")) / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"include_prompt": False}))
    context = ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu")
    assert Phi(card(weights), context).encode(TEXTS).shape == (2, 16)
    for field in ("prefix", "answer_prefix"):
        with pytest.raises(ModelError, match=r"without the tokens of a prefix \(include_prompt\)"):
            Phi(card(weights, **{field: "a: "}), context).encode([Example("3", "a mat")])


@pytest.mark.parametrize("held", ["[1]", "{", '{"prompts": 3}'])
def test_an_unreadable_file_is_told(tmp_path: Path, held: str) -> None:
    weights = weights_with(tmp_path)
    (tmp_path / "w" / "config_sentence_transformers.json").write_text(held)
    with pytest.raises(ModelError, match=r"model e: config_sentence_transformers\.json cannot be read"):
        Phi(card(weights), ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu")).encode(TEXTS)
