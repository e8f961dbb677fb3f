"""For every suite of a table: rows that it accepts, and changes of the first row that break it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from taskatlas.schemas.tables import TABLES

ID = "0123456789abcdef0123"
OTHER = "fedcba98765432100000"

_SCORE: dict[str, Any] = {
    "subject": "m/p", "dataset": "reviews", "metric": "accuracy", "value": 0.8, "low": 0.7, "high": 0.9, "n": 30,
}  # fmt: skip
_SCORES_BROKEN: list[dict[str, Any]] = [
    {"subject": "m/p/q"},
    {"dataset": "No name"},
    {"metric": "rouge"},
    {"value": float("nan")},
    {"value": -1.5},
    {"low": 0.85},
    {"high": 0.75},
    {"n": 0},
]

GOOD: dict[str, list[dict[str, Any]]] = {
    "datasets": [
        {
            "dataset": "reviews", "dataset_id": ID, "family": "sentiment", "domain": "food", "description": "d",
            "language": "hi-Latn", "license": "unknown", "source": "data/a.csv", "label_kind": "classes",
            "labels": ["neg", "pos"], "pair": False, "n_train": 3, "n_test": 2, "n_duplicates": 0, "n_quarantined": 0,
            "n_near_duplicates": 0, "n_near_kept": 0, "n_conflicting": 0, "n_near_conflicting": 0,
        },
        {
            "dataset": "pairs", "dataset_id": OTHER, "family": "similarity", "domain": "news", "description": "d",
            "language": None, "license": "unknown", "source": "hf:o/n@r", "label_kind": "number", "labels": [],
            "pair": True, "n_train": 3, "n_test": 2, "n_duplicates": 1, "n_quarantined": 1,
            "n_near_duplicates": None, "n_near_kept": None, "n_conflicting": None, "n_near_conflicting": None,
        },
    ],
    "models": [
        {
            "model": "m", "model_id": ID, "kind": "encoder", "description": "d", "license": "l", "revision": "1",
            "sha256": "a" * 64,
        },
        {
            "model": "v", "model_id": OTHER, "kind": "callable", "description": "d", "license": "l", "revision": "2",
            "sha256": None,
        },
    ],
    "prompts": [
        {
            "prompt": name, "prompt_version": ID, "description": "d", "template": "{{ text }}",
            "answer": "{{ choice }}", "labels": ["neg", "pos"], "choices": ["bad", "good"],
            "followup": "{{ reasoning }} So it is",
            "families": [], "datasets": [], "demonstrations": "random", "demonstrations_of": "d", "n_demonstrations": 4,
        }
        for name in ("p", "q")
    ],
    "subjects": [
        {
            "subject": "m/p", "subject_id": ID, "model": "m", "prompt": "p", "output_kind": "classes",
            "labels": ["neg", "pos"], "families": ["sentiment"],
        },
        {
            "subject": "v", "subject_id": OTHER, "model": "v", "prompt": None, "output_kind": "number", "labels": [],
            "families": [],
        },
    ],
    "corpora": [
        {
            "corpus": name, "corpus_id": ID, "description": "d", "license": "l", "language": "mul",
            "n_texts": 9, "n_duplicates": 0,
            "n_near_duplicates": 0,
            "n_leaked": 0, "n_quarantined": 0,
        }
        for name in ("everyday", "news")
    ],
    "spaces": [
        {
            "space": space, "space_id": ID, "surrogate": "minilm", "revision": "1", "method": "text",
            "settings": "{}", "basis_id": ID, "basis_corpus_id": ID, "dim": 4,
            "layout": "pca", "trustworthiness": None, "map_id": ID,
        }
        for space in ("minilm-text", "minilm-student")
    ],
    "examples": [
        {
            "origin_kind": "dataset", "origin": "reviews", "split": "train", "text_id": ID, "text": "nice",
            "text_pair": None, "label": "pos", "value": None,
        },
        {
            "origin_kind": "corpus", "origin": "everyday", "split": "corpus", "text_id": ID, "text": "so",
            "text_pair": None, "label": None, "value": None,
        },
    ],
    "predictions": [
        {
            "subject": "m/p", "text_id": ID, "output": "good", "label": "pos", "value": None,
            "probabilities": [0.25, 0.75],
        },
        {"subject": "v", "text_id": ID, "output": "0.5", "label": None, "value": 0.5, "probabilities": None},
    ],
    "costs": [
        {
            "subject": subject, "answers": 9, "shared": 2, "requests": 10, "prompt_tokens": 70,
            "completion_tokens": 20, "uncounted": 1, "cost": cost, "timed": 9, "seconds_median": 0.5,
            "seconds_p95": 0.9,
        }
        for subject, cost in (("m/p", 0.5), ("m/q", None))
    ] + [
        {
            "subject": "m", "answers": 9, "shared": 0, "requests": 0, "prompt_tokens": 0, "completion_tokens": 0,
            "uncounted": 0, "cost": None, "timed": None, "seconds_median": None, "seconds_p95": None,
        },
    ],
    "forecasts": [
        {**_SCORE, "student": 0.5, "fidelity": 0.9},
        {**_SCORE, "metric": "spearman", "value": -0.2, "low": -0.4, "student": -0.3, "fidelity": 1.0},
    ],
    "embeddings": [
        {
            "entity_kind": kind, "entity": entity, "entity_id": ID, "method": "text", "space": "minilm-text",
            "dim": 2, "vector": vector, "norm": norm, "n": 3, "seeds": [], "config_hash": ID, "seconds": 0.1,
            "device": "cpu",
        }
        for kind, entity, vector, norm in (
            ("dataset", "reviews", [0.6, 0.8], 2.0), ("subject", "m/p", [0.0, 0.0], 0.0),
        )
    ],
    "neighbors": [
        {
            "method": "text", "space": "minilm-text", "entity_kind": "dataset", "entity": "reviews",
            "neighbor_kind": "dataset", "neighbor": neighbor, "similarity": 0.5, "rank": rank,
        }
        for rank, neighbor in enumerate(("books", "news"), start=1)
    ],
    "regions": [
        {
            "method": "text", "space": "minilm-text", "entity_kind": kind, "entity": entity,
            "region": "sentiment: reviews", "centrality": 0.5, "rank": rank, "members": 2,
        }
        for rank, (kind, entity) in enumerate((("dataset", "reviews"), ("subject", "m/p")), start=1)
    ],
    "maps": [
        {
            "method": "text", "space": "minilm-text", "entity_kind": kind, "entity": entity, "x": 0.5, "y": -1.5,
        }
        for kind, entity in (("dataset", "reviews"), ("subject", "m/p"))
    ],
    "scores": [_SCORE, {**_SCORE, "metric": "spearman", "value": -0.2, "low": -0.4}],
    "known_scores": [
        {
            "card": "board", "subject": "Their Model/7B", "dataset": "reviews", "metric": metric, "value": value,
            "n": n, "date": date,
        }
        for metric, value, n, date in (("accuracy", 0.8, 30, "2026-05"), ("mean_rank", 12.5, None, None))
    ],
    "known_transfers": [
        {"card": "bank", "setup": "T5, all weights", "target": "reviews", "source": "Their movies", "gain": -12.5},
    ],
    "transfers": [
        {
            "setup": "minilm/bitfit/0123abcd", "target": "reviews", "source": source, "metric": metric, "value": 0.8,
            "alone": 0.7, "gain": 0.1, "low": 0.05, "high": 0.2, "n": 40, "labels": 64,
        }
        for source, metric in (("news", "accuracy"), ("stars", "spearman"))
    ],
    "benchmarks": [
        {
            "benchmark": "choice", "method": method, "metric": "spearman", "value": 0.5, "low": 0.4, "high": 0.6,
            "n": 8, "labels_used": "none", "calls_used": "none", "definition": "d",
            "baseline": "random", "lead": 0.1, "lead_low": -0.1, "lead_high": 0.2, "p_value": 0.5,
        }
        for method in ("student", "random")
    ],
    "described": [
        {
            "dataset": "returns", "description": "Why a parcel came back", "instructions": "Choose the reason.",
            "license": "unknown", "language": "en", "labels": ["broken", "late"], "space": "minilm-text",
            "vector": [0.6, 0.8], "nearest": "reviews", "similarity": 0.4,
        },
        {
            "dataset": "visits", "description": "d", "instructions": None, "license": "l", "language": None,
            "labels": ["a", "b"], "space": None, "vector": None, "nearest": None, "similarity": None,
        },
    ],
    "recommendations": [
        {
            "question": question, "dataset": "reviews", "candidate": name, "rank": 1, "verdict": verdict,
            "evidence": evidence, "subject": name, "metric": "accuracy", "expected": 0.7, "low": 0.6, "high": 0.8,
            "measured": measured, "tried": tried, "forecast": 0.6, "n": 40, "baseline": 0.5, "baseline_label": "pos",
            "similarity": None, "note": None, "known": known, "known_from": card,
        }
        for question, name, verdict, evidence, measured, tried, known, card in (
            ("prompt", "m/p", "best", "measured", 0.75, None, None, None),
            ("model", "m/p", "no better than always answering pos", "tried", None, 0.55, None, None),
            ("source", "Their Model/7B-é", "unknown", "known", None, None, 0.9, "board, older-board"),
        )
    ],
    "quality": [
        {
            "table_name": "rows", "origin_kind": kind, "origin": "reviews",
            "expectation": "expect_column_values_to_not_be_null",
            "column": "label", "success": True, "n": 3, "n_unexpected": 0, "detail": "{}",
        }
        for kind in ("dataset", "table")
    ],
    "quarantine": [
        {
            "origin_kind": "dataset", "origin": "reviews", "split": "all", "row": 1, "reason": "r", "text": "t",
            "label": "x",
        },
        {
            "origin_kind": "corpus", "origin": "everyday", "split": "corpus", "row": 1, "reason": "r", "text": None,
            "label": None,
        },
    ],
}  # fmt: skip

NEVER_EMPTY = ("corpora", "spaces", "examples", "embeddings")

BROKEN: dict[str, list[dict[str, Any]]] = {
    "datasets": [
        {"dataset": "No name"}, {"dataset_id": "short"}, {"family": " "}, {"domain": ""}, {"source": "/home/a.csv"},
        {"language": "English"},
        {"label_kind": "words"}, {"labels": ["one"]}, {"label_kind": "number"}, {"label_kind": "text"},
        {"labels": ["one", "one"]},
        {"n_train": 0}, {"n_test": -1}, {"n_duplicates": -1}, {"n_quarantined": -1},
        {"n_near_duplicates": -1}, {"n_near_kept": -1}, {"n_conflicting": -1}, {"n_near_conflicting": -1},
    ],
    "models": [
        {"model": "No name"}, {"model_id": "short"}, {"kind": "no kind!"}, {"sha256": "short"}, {"revision": None},
    ],
    "prompts": [
        {"prompt": "No name"}, {"prompt_version": "short"}, {"template": " "}, {"answer": ""},
        {"followup": "So it is"},
        {"labels": ["pos"]}, {"labels": ["pos", "pos"]}, {"choices": ["bad"]}, {"demonstrations": "guessed"},
        {"n_demonstrations": 65},
    ],
    "subjects": [
        {"subject": "/p"}, {"subject_id": "short"}, {"model": "No name"}, {"prompt": "No name"},
        {"output_kind": "image"}, {"labels": []}, {"labels": ["pos", "pos"]},
    ],
    "corpora": [
        {"corpus": "No name"}, {"corpus_id": "short"}, {"language": "hi_IN"}, {"n_texts": 0}, {"n_duplicates": -1},
        {"n_near_duplicates": -1}, {"n_leaked": -1}, {"n_quarantined": -1},
    ],
    "spaces": [
        {"space": ""}, {"space_id": "short"}, {"surrogate": "No name"}, {"method": "No name"},
        {"settings": "{"}, {"dim": 0}, {"layout": "globe"}, {"trustworthiness": 1.1}, {"map_id": "short"},
    ],
    "examples": [
        {"origin_kind": "web"}, {"origin": "No name"}, {"split": "corpus"}, {"text_id": "short"}, {"text": " "},
        {"origin_kind": "corpus", "split": "train", "value": 1.0},
    ],
    "predictions": [
        {"subject": "No name"}, {"text_id": "short"}, {"output": None}, {"value": float("inf")},
        {"probabilities": [float("nan"), 1.0]}, {"probabilities": [None, 1.0]}, {"probabilities": [-0.5, 1.5]},
        {"probabilities": [0.5, 0.6]},
    ],
    "costs": [
        {"subject": "No name"}, {"answers": 0}, {"shared": -1}, {"shared": 10}, {"requests": 8}, {"prompt_tokens": -1},
        {"completion_tokens": -1}, {"uncounted": -1}, {"uncounted": 10}, {"cost": -0.1},
        {"timed": -1}, {"seconds_median": -0.1}, {"seconds_p95": 0.4},
    ],
    "forecasts": [*_SCORES_BROKEN, {"fidelity": 2.0}, {"student": 1.5}],
    "embeddings": [
        {"entity_kind": "model"}, {"entity": "No name"}, {"entity_id": "short"}, {"config_hash": "short"},
        {"space": ""}, {"dim": 0}, {"vector": [1.0]}, {"vector": [float("inf"), 0.0]}, {"vector": [0.0, 0.0]},
        {"norm": float("nan")}, {"norm": -1.0}, {"n": 0}, {"seconds": -0.1}, {"device": "abacus"},
    ],
    "neighbors": [
        {"rank": 2}, {"entity_kind": "model"}, {"neighbor_kind": "model"}, {"entity": "No name"},
        {"neighbor": "No name"}, {"neighbor": "reviews"}, {"similarity": float("nan")}, {"similarity": 1.1},
        {"rank": 0},
    ],
    "regions": [
        {"entity_kind": "model"}, {"entity": "No name"}, {"region": " "}, {"centrality": 1.5}, {"rank": 0},
        {"rank": 3}, {"rank": 2},
    ],
    "maps": [
        {"x": float("nan")}, {"y": float("nan")}, {"x": 5000.0}, {"y": -5000.0}, {"entity_kind": "model"},
        {"entity": "No name"},
    ],
    "scores": [*_SCORES_BROKEN],
    "known_scores": [
        {"card": "No name"}, {"subject": " "}, {"dataset": "d" * 201}, {"metric": "F1 (macro)"},
        {"value": float("nan")}, {"metric": "mean_rank", "value": float("inf")}, {"value": -0.1},
        {"metric": "macro_f1", "value": 80.0}, {"metric": "spearman", "value": -1.1}, {"n": 0}, {"date": "May 2026"},
    ],
    "known_transfers": [
        {"card": "No name"}, {"setup": " "}, {"target": "d" * 201}, {"source": ""}, {"gain": float("nan")},
        {"gain": float("inf")},
    ],
    "transfers": [
        {"setup": "minilm"}, {"target": "No name"}, {"source": "No name"}, {"metric": "macro_f1"}, {"value": 1.1},
        {"alone": -1.1}, {"gain": 2.1}, {"low": 0.15}, {"high": 0.05}, {"n": 1}, {"labels": 0},
    ],
    "benchmarks": [
        {"benchmark": "speed"}, {"method": ""}, {"metric": " "}, {"value": float("nan")}, {"low": 0.55},
        {"high": 0.45}, {"n": 0}, {"labels_used": ""}, {"calls_used": ""}, {"definition": ""},
        {"baseline": " "}, {"lead_low": 0.15}, {"lead_high": 0.05}, {"p_value": 1.5},
    ],
    "described": [
        {"dataset": "No name"}, {"description": " "}, {"license": " "}, {"nearest": "No name"}, {"similarity": 1.5},
    ],
    "recommendations": [
        {"question": "where"}, {"dataset": "No name"}, {"candidate": " "}, {"rank": 0}, {"rank": 2},
        {"verdict": "good"}, {"evidence": "hope"}, {"subject": " "}, {"metric": "macro_f1"}, {"expected": 1.5},
        {"expected": -0.5}, {"low": 0.75}, {"high": 0.65}, {"measured": None}, {"measured": 1.5}, {"forecast": -1.5},
        {"n": -1}, {"baseline": 1.5}, {"similarity": 11.0}, {"tried": -1.5}, {"evidence": "tried"},
        {"known": 1.5}, {"evidence": "known", "known_from": "board"}, {"evidence": "known", "known": 0.5},
    ],
    "quality": [
        {"origin_kind": "web"}, {"table_name": ""}, {"origin": ""}, {"expectation": "hope"}, {"n_unexpected": -1},
        {"n_unexpected": 4}, {"detail": "{"},
    ],
    "quarantine": [
        {"origin_kind": "web"}, {"origin": "No name"}, {"split": "corpus"}, {"origin_kind": "corpus"}, {"row": 0},
        {"reason": " "}, {"text": "t" * 501},
    ],
}  # fmt: skip


def table(name: str, change: dict[str, Any] | str | None = None) -> pa.Table:
    """The good rows of a table, the first of them with a change; none of them where the change is "none"."""
    rows = GOOD[name]
    if change == "none":
        rows = []
    elif isinstance(change, dict):
        rows = [{**rows[0], **change}, *rows[1:]]
    return pa.Table.from_pylist(rows, schema=TABLES[name].schema)


def all_broken(name: str) -> pa.Table:
    """The first row of a table, then once more with each of the changes that break it."""
    first = GOOD[name][0]
    rows = [first, *({**first, **change} for change in BROKEN[name])]
    return pa.Table.from_pylist(rows, schema=TABLES[name].schema)
