"""Merged classifiers answer as the weighted sum of what their models learnt says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import MergeModel
from tests.support import checkpoints
from tests.support.merging import NAMED, answers, single, tuned

TURNED = {"id2label": {0: "YES", 1: "no"}, "label2id": {"YES": 0, "no": 1}}
Factors = list[tuple[Weights, float]]


@pytest.fixture
def base(tmp_path: Path) -> Weights:
    return tuned(tmp_path, "base", 0)


def merged(base: Weights, models: Factors, **fields: Any) -> MergeModel:
    parts = [{"weights": weights, "factor": factor} for weights, factor in models]
    known = {"kind": "merge", "name": "m", "description": "d", "labels": ("no", "yes")}
    return MergeModel(**{**known, "base": base, "models": parts, **fields})


def test_one_model_as_a_whole_is_itself(tmp_path: Path, base: Weights):
    one = tuned(tmp_path, "one", 1, tmp_path / "base")
    np.testing.assert_allclose(answers(merged(base, [(one, 1.0)]), tmp_path), answers(single(one), tmp_path), atol=1e-5)


def test_two_are_what_their_mean_says(tmp_path: Path, base: Weights):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    one, two = (tuned(tmp_path, name, seed, tmp_path / "base") for name, seed in (("one", 1), ("two", 2)))
    auto: Any = AutoModelForSequenceClassification
    mean, other = (auto.from_pretrained(tmp_path / name) for name in ("one", "two"))
    for name, value in mean.state_dict().items():
        if value.is_floating_point():
            value.copy_((value + other.state_dict()[name]) / 2)
    by_hand = checkpoints.save(mean, tmp_path / "mean", AutoTokenizer.from_pretrained(tmp_path / "one"))
    found = answers(merged(base, [(one, 0.5), (two, 0.5)]), tmp_path)
    np.testing.assert_allclose(found, answers(single(by_hand), tmp_path), atol=1e-5)
    assert np.abs(found - answers(single(one), tmp_path)).max() > 0.01


def test_labels_in_another_order_are_put_in_the_first_ones(tmp_path: Path, base: Weights):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    one, two = (tuned(tmp_path, name, seed, tmp_path / "base") for name, seed in (("one", 1), ("two", 2)))
    auto: Any = AutoModelForSequenceClassification
    turned = auto.from_pretrained(tmp_path / "two", **TURNED)
    for name in ("classifier.weight", "classifier.bias"):
        value = turned.state_dict()[name]
        value.copy_(value.flip(0))
    other = checkpoints.save(turned, tmp_path / "turned", AutoTokenizer.from_pretrained(tmp_path / "two"))
    plain, mixed = (answers(merged(base, [(one, 0.7), (each, 0.5)]), tmp_path) for each in (two, other))
    np.testing.assert_allclose(mixed, plain, atol=1e-5)


def test_numbers_are_merged_likewise(tmp_path: Path, base: Weights):
    one = tuned(tmp_path, "one", 1, tmp_path / "base", num_labels=1)
    found = answers(merged(base, [(one, 1.0)], labels="number"), tmp_path)
    np.testing.assert_allclose(found, answers(single(one, "number"), tmp_path), atol=1e-5)


def test_what_does_not_fit_is_told(tmp_path: Path, base: Weights):
    one = tuned(tmp_path, "one", 1, tmp_path / "base")
    two = tuned(tmp_path, "two", 2, tmp_path / "base")
    with pytest.raises(ModelError, match=r"model m: its factors sum to zero.*do not cancel out"):
        answers(merged(base, [(one, 0.5), (two, -0.5)]), tmp_path)
    other = {"id2label": {0: "no", 1: "maybe"}, "label2id": {"no": 0, "maybe": 1}}
    odd = tuned(tmp_path, "odd", 3, tmp_path / "base", **other)
    with pytest.raises(ModelError, match=r"models, number 2: its labels are no, maybe, and those of .* no, yes"):
        answers(merged(base, [(one, 0.5), (odd, 0.5)]), tmp_path)
    wide = checkpoints.bert("BertForSequenceClassification", tmp_path / "wide", type_vocab_size=3, **NAMED)
    with pytest.raises(ModelError, match=r"number 2: .*token_type_embeddings.weight has the shape \[3, "):
        answers(merged(base, [(one, 0.5), (wide, 0.5)]), tmp_path)


def test_factors_and_weights_count_for_what_it_is(tmp_path: Path, base: Weights):
    one = tuned(tmp_path, "one", 1, tmp_path / "base")
    plain, moved = merged(base, [(one, 0.5)]), merged(base, [(one.model_copy(update={"source": "elsewhere"}), 0.5)])
    assert plain.content == moved.content, "where weights lie is no matter"
    assert plain.content != merged(base, [(one, 0.4)]).content
    with pytest.raises(ValueError, match="less than or equal to 10"):
        merged(base, [(one, 11.0)])
