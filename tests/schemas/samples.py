"""The smallest good card of every kind."""

from __future__ import annotations

from typing import Any

SHA = "a" * 64
WEIGHTS: dict[str, Any] = {"source": "package:weights", "revision": "1", "sha256": SHA}

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
