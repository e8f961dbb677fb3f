"""A handful of rows for every table: enough to ask every question, small enough to compute the answers by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from taskatlas.schemas.tables import TABLES

QUOTED = 'it\'s "5"; --'
"""A dataset's name that breaks any query it is written into."""


def rows(name: str, *values: dict[str, Any]) -> pa.Table:
    """Rows of a published table; columns that are not given are filled by their type."""
    schema = TABLES[name].schema
    return pa.Table.from_pylist([{field.name: _filler(field.type) for field in schema} | row for row in values], schema)


def tables(accuracy: float = 0.75) -> dict[str, pa.Table]:
    """All tables of a release; only `scores` depends on `accuracy`."""
    return {
        "datasets": rows("datasets", *({"dataset": name} for name in ("movies", "reviews", "similar", QUOTED))),
        "models": rows("models", {"model": "enc"}, {"model": "vader", "revision": None}),
        "prompts": rows("prompts", {"prompt": "plain"}, {"prompt": "stars"}),
        "subjects": rows(
            "subjects",
            {"subject": "enc/plain", "model": "enc", "prompt": "plain"},
            {"subject": "enc/stars", "model": "enc", "prompt": "stars"},
            {"subject": "vader", "model": "vader", "prompt": None},
        ),
        "corpora": rows("corpora", {"corpus": "web"}),
        "spaces": rows("spaces", *({"space": f"mini-{name}", "method": name} for name in ("crosscov", "student"))),
        "examples": rows(
            "examples",
            {"origin": "reviews", "split": "test", "text_id": "t1", "text": "good", "text_pair": None, "value": None},
            {"origin": "reviews", "split": "train", "text_id": "t2", "text": "bad, ünïcode 🙂", "text_pair": None},
        ),
        "predictions": rows(
            "predictions",
            {"subject": "vader", "text_id": "t1", "output": "good", "probabilities": [0.25, 0.75]},
            {"subject": "vader", "text_id": "t2", "output": "bad", "probabilities": None},
        ),
        "costs": rows(
            "costs",
            {"subject": "enc/plain", "cost": None, "seconds_median": 0.25},
            {"subject": "enc/stars", "seconds_median": None},
        ),
        "forecasts": rows(
            "forecasts",
            {"subject": "enc/plain", "dataset": "reviews", "metric": "accuracy", "value": 0.6, "low": 0.5, "high": 0.7},
            {"subject": "enc/plain", "dataset": "reviews", "metric": "macro_f1", "value": 0.99},
            {"subject": "enc/stars", "dataset": "reviews", "metric": "accuracy", "value": 0.9, "low": 0.8, "high": 1.0},
            {"subject": "vader", "dataset": "reviews", "metric": "accuracy", "value": 0.8, "low": 0.7, "high": 0.9},
            {"subject": "vader", "dataset": "similar", "metric": "spearman", "value": 0.3, "low": 0.1, "high": 0.5},
            {"subject": "enc/plain", "dataset": "similar", "metric": "spearman", "value": float("nan")},
            {"subject": "vader", "dataset": QUOTED, "metric": "accuracy", "value": 0.7, "low": 0.6, "high": 0.8},
        ),
        "embeddings": rows(
            "embeddings",
            _vector("student", "dataset", "reviews", [1.0, 0.0]),
            _vector("student", "subject", "enc/stars", [0.6, 0.8]),
            _vector("student", "subject", "vader", [0.0, 1.0]),
            _vector("crosscov", "dataset", "reviews", [1.0, 0.0, 0.0]),
            _vector("crosscov", "subject", "enc/stars", [1.0, 0.0, 0.0]),
        ),
        "neighbors": rows(
            "neighbors",
            _neighbor("text", "dataset", "similar", 0.4, 1),
            _neighbor("student", "subject", "enc/stars", 0.6, 1),
            _neighbor("student", "subject", "vader", 0.0, 2),
            _neighbor("crosscov", "dataset", "similar", 0.2, 2),
            _neighbor("crosscov", "dataset", "movies", 0.9, 1),
            _neighbor("crosscov", "subject", "enc/stars", 1.0, 1),
            _neighbor("fisher", "dataset", "movies", 0.1, 1),
        ),
        "regions": rows(
            "regions",
            {
                "method": "student",
                "space": "mini-student",
                "entity_kind": "subject",
                "entity": "vader",
                "region": "sentiment: reviews",
            },
        ),
        "maps": rows(
            "maps",
            *({"space": "mini-student", "entity": name, "x": x} for name, x in (("reviews", -1.0), ("vader", 1.0))),
        ),
        "scores": rows(
            "scores",
            {"subject": "enc/stars", "dataset": "reviews", "metric": "accuracy", "value": accuracy},
            {"subject": "enc/stars", "dataset": "reviews", "metric": "macro_f1", "value": 0.5},
        ),
        "known_scores": rows("known_scores", {"subject": "their model", "dataset": "reviews", "date": None}),
        "known_transfers": rows("known_transfers", {"target": "reviews", "source": "their movies"}),
        "transfers": rows("transfers", {"source": "movies", "target": "reviews"}),
        "benchmarks": rows("benchmarks", {"benchmark": "choice", "method": "random"}),
        "described": rows("described", {"dataset": "planned", "nearest": "reviews"}),
        "recommendations": rows(
            "recommendations",
            _recommended("reviews", "enc/stars", 1, "best", (0.85, 0.8, 0.9), measured=accuracy),
            _recommended("reviews", "vader", 2, "tied with the best", (0.8, 0.7, 0.9)),
            _recommended("reviews", "enc/plain", 3, "unknown", (0.6, 0.5, 0.7)),
            _recommended("similar", "vader", 1, "best", (0.3, 0.1, 0.5), metric="spearman"),
            _recommended(QUOTED, "vader", 1, "no better than always answering x", (0.5, 0.4, 0.6)),
        ),
        "quality": rows("quality", {"table_name": "examples"}),
        "quarantine": rows("quarantine", {"row": 7, "text": None}),
    }


def empty() -> dict[str, pa.Table]:
    """All tables of a release, without a row."""
    return {name: table.schema.empty_table() for name, table in TABLES.items() if name != "releases"}


def _vector(method: str, kind: str, entity: str, vector: list[float]) -> dict[str, Any]:
    space = {"method": method, "space": f"mini-{method}", "dim": len(vector)}
    return space | {"entity_kind": kind, "entity": entity, "vector": vector}


def _neighbor(method: str, kind: str, neighbor: str, similarity: float, rank: int) -> dict[str, Any]:
    row = {"neighbor_kind": kind, "neighbor": neighbor, "similarity": similarity, "rank": rank}
    return row | {"method": method, "space": f"mini-{method}", "entity_kind": "dataset", "entity": "reviews"}


def _recommended(
    dataset: str,
    subject: str,
    rank: int,
    verdict: str,
    expected: tuple[float, float, float],
    metric: str = "accuracy",
    measured: float | None = None,
) -> dict[str, Any]:
    row = {"question": "prompt", "dataset": dataset, "candidate": subject, "subject": subject, "rank": rank}
    row |= dict(zip(("expected", "low", "high"), expected, strict=True)) | {"measured": measured, "metric": metric}
    evidence = "forecast" if measured is None else "measured"
    baseline = None if metric == "spearman" else "x"
    return row | {"verdict": verdict, "evidence": evidence, "baseline_label": baseline, "note": None}


def _filler(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_filler(kind.value_type)]
    if pa.types.is_map(kind):
        return [("x", "x")]
    return {"string": "x", "bool": True, "int64": 1}.get(str(kind), 0.5)
