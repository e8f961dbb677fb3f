"""Tiny classifiers that were tuned from one base, and what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import ClassifierModel
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "good"]
NAMED = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}


def tuned(folder: Path, name: str, seed: int, base: Path | None = None, **config: Any) -> Weights:
    """A classifier whose weights are those of the base with some noise."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    if base is None:
        return checkpoints.bert("BertModel", folder / name)
    auto: Any = AutoModelForSequenceClassification
    torch.manual_seed(seed)  # for a head that the base lacks
    model = auto.from_pretrained(base, **(config or NAMED))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.3 * torch.randn(value.shape, generator=generator))
    return checkpoints.save(model, folder / name, AutoTokenizer.from_pretrained(base))


def answers(of: Any, folder: Path) -> np.ndarray:
    rows = predict(of, [None], examples(TEXTS), folder, Parts(folder / "parts"))[of.name].to_pylist()
    return np.array([row["probabilities"] or [row["value"]] for row in rows])


def single(weights: Weights, labels: Any = ("no", "yes")) -> ClassifierModel:
    return ClassifierModel(kind="classifier", name="c", description="d", weights=weights, labels=labels)
