"""The real all-MiniLM-L6-v2 from its package, and tiny random BERT checkpoints made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import EncoderModel
from taskatlas.store.parts import Parts
from tests.support.checkpoints import BERT_WORDS, MINILM, bert_of_words


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "parts")


@pytest.fixture
def encoder_card() -> EncoderModel:
    return EncoderModel(kind="encoder", name="minilm", description="d", weights=MINILM, precision="float32")


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Weights]:
    """Makes a random two-layer BERT below the project folder `tmp_path`."""

    def make(folder: str = "weights/tiny", *, max_length: int = 16, positions: int = 32, seed: int = 0) -> Weights:
        sha256 = bert_of_words(tmp_path / folder, BERT_WORDS, width=8, positions=positions, seed=seed)
        return Weights(source=folder, revision="1", sha256=sha256, max_length=max_length)

    return make
