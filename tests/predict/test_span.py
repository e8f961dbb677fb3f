"""Extractive question answerers answer as transformers' scores say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from taskatlas.errors import ModelError
from taskatlas.schemas.models import SpanModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict

TEXTS = ["the dog sat on a mat .", "a cat", "the film was very bad , it was terrible .", "good"]


def card(folder: Path, **fields: Any) -> SpanModel:
    weights = checkpoints.bert("BertForQuestionAnswering", folder / "weights")
    return SpanModel(
        kind="span", name="s", description="d", **{"weights": weights, "question": "was it good ?", **fields}
    )


def spans_of(of: SpanModel, folder: Path, texts: Any = TEXTS) -> list[str]:
    rows = predict(of, [None], examples(texts), folder, Parts(folder / "parts"))["s"].to_pylist()
    assert all(row["label"] is None for row in rows)
    return [row["output"] for row in rows]


def brute(folder: Path, question: str, text: str, longest: int) -> str:
    """Every span of one text."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    auto: Any = AutoModelForQuestionAnswering
    model, tokens = auto.from_pretrained(folder / "weights").eval(), AutoTokenizer.from_pretrained(folder / "weights")
    encoding = tokens(question, text, return_tensors="pt", return_offsets_mapping=True)
    offsets, parts = encoding.pop("offset_mapping")[0].tolist(), encoding.sequence_ids()
    with torch.no_grad():
        actual = model(**encoding)
    spans = {
        (first, last): float(actual.start_logits[0, first] + actual.end_logits[0, last])
        for first in range(len(parts))
        for last in range(first, min(first + longest, len(parts)))
        if parts[first] == parts[last] == 1
    }
    first, last = max(spans, key=lambda span: spans[span])
    return text[offsets[first][0] : offsets[last][1]].strip()


@pytest.mark.parametrize("longest", [1, 3, 30])
def test_the_likeliest_span(tmp_path: Path, longest: int) -> None:
    of = card(tmp_path, max_tokens=longest)
    actual = spans_of(of, tmp_path)
    assert actual == [brute(tmp_path, "was it good ?", text, longest) for text in TEXTS]
    assert all(answer and answer in text for answer, text in zip(actual, TEXTS, strict=True))
    assert len(set(actual)) == len(TEXTS)


def test_the_second_text_can_be_the_question(tmp_path: Path) -> None:
    pairs = [(text, "a question ?") for text in TEXTS]
    assert spans_of(card(tmp_path, question=None), tmp_path, pairs) == spans_of(card(tmp_path, question="a question ?"),
                                                                          tmp_path, pairs)  # fmt: skip
    with pytest.raises(ModelError, match="model s: there is no question about 'the dog sat on a mat"):
        spans_of(card(tmp_path, question=None), tmp_path)


def test_long_texts_are_cut_and_long_questions_refused(tmp_path: Path) -> None:
    of = card(tmp_path)
    of = of.model_copy(update={"weights": of.weights.model_copy(update={"max_length": 16})})
    assert all(answer in "one two three " * 30 for answer in spans_of(of, tmp_path, ["one two three " * 30]))
    long = of.model_copy(update={"question": "one " * 40})
    with pytest.raises(ModelError, match=r"the question 'one one .* leaves no room for a text\. Raise max_length"):
        spans_of(long, tmp_path)
