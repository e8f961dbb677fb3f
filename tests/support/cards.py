"""Cards: the smallest good one of every kind, in files and as the program reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from taskatlas.schemas.cards import Columns, CorpusCard, DatasetCard

SHA = "a" * 64
WEIGHTS: dict[str, Any] = {"source": "package:weights", "revision": "1", "sha256": SHA}

BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
"""YAML whose aliases stand for some hundred million values."""
CARDS: dict[str, dict[str, Any]] = {
    "dataset": {
        "name": "reviews", "description": "d", "family": "sentiment", "domain": "food", "source": "data/{split}.csv",
        "labels": ["negative", "positive"],
    },
    "numbers": {
        "name": "urgency", "description": "d", "family": "urgency", "domain": "tickets", "source": "data/a.csv",
        "labels": "number", "value_range": [0, 10],
    },
    "corpus": {"name": "web", "description": "d", "sources": [{"source": "data/web.txt"}]},
    "surrogate": {"name": "minilm", "description": "d", "weights": WEIGHTS},
    "encoder": {"name": "minilm", "description": "d", "kind": "encoder", "weights": WEIGHTS},
    "probe": {"name": "probe", "description": "d", "kind": "probe", "encoder": "minilm", "dataset": "reviews"},
    "callable": {
        "name": "vader", "description": "d", "kind": "callable", "entry_point": "package.module:factory",
        "package": "package", "revision": "1", "labels": ["negative", "positive"],
    },
    "recorded": {
        "name": "recorded", "description": "d", "kind": "recorded", "source": "data/out.jsonl", "revision": "1",
        "sha256": SHA, "labels": "text",
    },
    "classifier": {
        "name": "classifier", "description": "d", "kind": "classifier", "weights": WEIGHTS,
        "labels": ["negative", "positive"],
    },
    "merge": {
        "name": "merge", "description": "d", "kind": "merge", "base": WEIGHTS,
        "models": [{"weights": WEIGHTS, "factor": 0.5}], "labels": ["negative", "positive"],
    },
    "span": {"name": "span", "description": "d", "kind": "span", "weights": WEIGHTS},
    "causal": {"name": "causal", "description": "d", "kind": "causal", "weights": WEIGHTS},
    "seq2seq": {"name": "seq2seq", "description": "d", "kind": "seq2seq", "weights": WEIGHTS},
    "vllm": {"name": "vllm", "description": "d", "kind": "vllm", "weights": WEIGHTS},
    "endpoint": {
        "name": "endpoint", "description": "d", "kind": "endpoint", "url": "http://127.0.0.1:8000/v1", "model": "tiny",
        "revision": "1",
    },
    "prompt": {"name": "plain", "description": "d", "choices": {"negative": "bad", "positive": "good"}},
    "project": {"name": "mine", "description": "d", "corpus": "web", "surrogate": "minilm"},
}  # fmt: skip
KINDS = {
    "datasets/reviews.yaml": CARDS["dataset"],
    "datasets/urgency.yaml": CARDS["numbers"],
    "corpora/web.yaml": CARDS["corpus"],
    "surrogates/minilm.yaml": CARDS["surrogate"],
    "models/minilm.yaml": CARDS["encoder"],
    "models/probe.yaml": CARDS["probe"],
    "models/vader.yaml": CARDS["callable"],
    "models/recorded.yaml": CARDS["recorded"],
    "prompts/plain.yaml": CARDS["prompt"],
    "atlas.yaml": CARDS["project"],
}


def write_cards(folder: Path, **changes: dict[str, Any]) -> Path:
    """The cards above; `changes` are fields by the file's name without folder and ending."""
    for path, card in KINDS.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {**card, **changes.get(file.stem if file.parent != folder else "atlas", {})}
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder


def change_card(path: Path, **fields: object) -> None:
    """Set fields of a card; None takes a field away."""
    card = yaml.safe_load(path.read_text(encoding="utf-8")) | fields
    kept = {name: value for name, value in card.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), encoding="utf-8")


LABELS = ("negative", "positive")


def dataset_card(source: str, **fields: object) -> DatasetCard:
    return DatasetCard.model_validate(
        {"name": "reviews", "description": "d", "family": "f", "domain": "d", "source": source, "labels": LABELS}
        | fields
    )


def pair_columns(**fields: str) -> Columns:
    return Columns.model_validate({"text_pair": "text_pair"} | fields)


def corpus_card(*sources: dict[str, object] | str, **fields: object) -> CorpusCard:
    listed = [{"source": each} if isinstance(each, str) else each for each in sources]
    return CorpusCard.model_validate({"name": "texts", "description": "d", "sources": listed} | fields)
