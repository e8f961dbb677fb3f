"""Fine-tuned classifiers answer as transformers' own pipeline does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.schemas.models import ClassifierModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "good"]
PAIRS: list[Any] = [("the dog sat", "a cat"), ("it was good", None), ("was it good ?", "yes")]


def card(folder: Path, labels: Any = ("no", "yes"), **fields: Any) -> ClassifierModel:
    head = fields.pop("head", {"id2label": {0: "yes", 1: "NO"}, "label2id": {"yes": 0, "NO": 1}})
    weights = checkpoints.bert("BertForSequenceClassification", folder / "weights", **head)
    return ClassifierModel(kind="classifier", name="c", description="d", weights=weights, labels=labels, **fields)


def answers(of: ClassifierModel, folder: Path, texts: Any = TEXTS) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = predict(of, [None], examples(texts), folder, Parts(folder / "parts"))["c"].to_pylist()
    return rows


def pipeline(folder: Path, texts: Any = TEXTS) -> list[dict[str, float]]:
    """Label → score of transformers' own pipeline, one text at a time."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    auto: Any = AutoModelForSequenceClassification
    classify: Any = pipeline("text-classification", model=auto.from_pretrained(folder / "weights"), device="cpu",
                         tokenizer=AutoTokenizer.from_pretrained(folder / "weights"))  # fmt: skip
    inputs = [text if isinstance(text, str) else dict(zip(("text", "text_pair"), text, strict=True)) for text in texts]
    return [{str(row["label"]): float(row["score"]) for row in classify(one, top_k=None)} for one in inputs]


def test_it_answers_as_transformers_pipeline(tmp_path: Path) -> None:
    rows = answers(card(tmp_path), tmp_path)
    expected = pipeline(tmp_path)
    np.testing.assert_allclose(
        [row["probabilities"] for row in rows], [[one["NO"], one["yes"]] for one in expected], atol=1e-5
    )
    assert [row["label"] for row in rows] == [max(one, key=lambda name: one[name]).lower() for one in expected]


def test_pairs(tmp_path: Path) -> None:
    rows, expected = answers(card(tmp_path), tmp_path, PAIRS), pipeline(tmp_path, PAIRS[:1] + PAIRS[2:])
    probabilities = [row["probabilities"][1] for row in rows]
    np.testing.assert_allclose([probabilities[0], probabilities[2]], [one["yes"] for one in expected], atol=1e-5)


def test_labels_can_be_led_to_others_and_unnamed_ones_are_in_order(tmp_path: Path) -> None:
    named = card(tmp_path, ("bad", "good"), label_map={"YES": "good", "no": "bad"})
    first = answers(named, tmp_path)
    (tmp_path / "other").mkdir()
    unnamed = card(tmp_path / "other", ("good", "bad"), head={})
    assert [row["label"] for row in answers(unnamed, tmp_path / "other")] == [row["label"] for row in first]


def test_numbers(tmp_path: Path) -> None:
    rows = answers(card(tmp_path, "number", head={"num_labels": 1}), tmp_path)
    assert len({row["value"] for row in rows}) == len(TEXTS)
    assert all(row["label"] is None for row in rows)


@pytest.mark.parametrize(
    ("labels", "fields", "message"),
    [
        (("no", "maybe"), {}, r"model c: the weights have no label 'maybe'\. .*Lead it there with label_map"),
        (("no", "yes", "maybe"), {}, r"the weights give 2 labels \(yes, NO\), the card 3\. Mend labels"),
        ("number", {}, "the weights give 2 labels"),
        (("no", "yes"), {"head": {"num_labels": 1}}, "the weights give a number, the card 2"),
        (("a", "b"), {"head": {"problem_type": "multi_label_classification"}}, "several labels at once"),
    ],
)
def test_weights_that_answer_otherwise(tmp_path: Path, labels: Any, fields: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        answers(card(tmp_path, labels, **fields), tmp_path)


def test_weights_without_a_trained_head_are_refused(tmp_path: Path) -> None:
    """transformers would draw one at random."""
    weights = checkpoints.bert("BertModel", tmp_path / "weights")
    of = ClassifierModel(kind="classifier", name="c", description="d", weights=weights, labels=("no", "yes"))
    with pytest.raises(ModelError, match=r"model c: model.safetensors lacks 2 tensors, first: classifier\.bias"):
        answers(of, tmp_path)


def test_a_decoder_without_a_padding_token(tmp_path: Path) -> None:
    """Texts of different lengths in one batch; it reads the last token that is none of padding."""
    from transformers import GPT2Config

    words = checkpoints.tokenizer(pads=False)
    config = GPT2Config(vocab_size=len(words), n_embd=16, n_layer=2, n_head=2, n_positions=64, initializer_range=0.4,
                        bos_token_id=1, eos_token_id=2, num_labels=2)  # fmt: skip
    weights = checkpoints.save(checkpoints.model("GPT2ForSequenceClassification", config), tmp_path / "weights", words)
    of = ClassifierModel(kind="classifier", name="c", description="d", weights=weights, labels=("no", "yes"))
    together = [row["probabilities"] for row in answers(of, tmp_path)]
    alone = [answers(of, tmp_path, [text])[0]["probabilities"] for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_memory_that_does_not_hold_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs are halved, and what was answered stays; a single text too many is told."""
    import torch
    from transformers import BertForSequenceClassification

    expected = [row["probabilities"] for row in answers(card(tmp_path), tmp_path)]
    forward, sizes, most = BertForSequenceClassification.forward, [], [2]

    def narrow(self: Any, input_ids: torch.Tensor, **inputs: Any) -> Any:
        if len(input_ids) > most[0]:
            raise torch.OutOfMemoryError("out of memory")
        sizes.append(len(input_ids))
        return forward(self, input_ids, **inputs)

    monkeypatch.setattr(BertForSequenceClassification, "forward", narrow)
    np.testing.assert_allclose([row["probabilities"] for row in answers(card(tmp_path), tmp_path)], expected, atol=1e-5)
    assert sizes == [2, 2, 1]
    most[0] = 0
    with pytest.raises(ModelError, match=r"model c: memory does not hold a single text\. Lower max_length"):
        answers(card(tmp_path), tmp_path)
