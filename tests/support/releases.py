"""Made-up releases of any size, with names that break what is careless.

`python -m tests.support.releases FOLDER N_SUBJECTS` writes one.

Every number is drawn from a seed, so that a test can ask the same question in SQL and compare.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.embed import shown_methods
from taskatlas.recommend.baseline import Baseline
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.evidence import DatasetEvidence
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rows import KnownSources, rows_of
from taskatlas.schemas.tables import TABLES
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Release, Warehouse
from tests.support.tables import rows

AWKWARD = (
    "<script>alert(1)</script>",
    'it\'s "5"; -- DROP',
    "מסעדות وجبات",
    "emoji 🙂 **bold** $x^2$ :red[no]",
    "a/b?c=d&e=%20#f",
)
"""Names that a page must show as they are."""
METHODS = ("crosscov", "student", "text")
_FAMILIES = ("sentiment", "topic", "spam", "intent")


def tables(datasets: int = 8, subjects: int = 14, *, seed: int = 0, awkward: bool = True) -> dict[str, pa.Table]:
    """All tables of a release with at least as many datasets and subjects as there are awkward names."""
    random = np.random.default_rng(seed)
    targets = _names("dataset", datasets, awkward=awkward)
    models = [f"model-{index}" for index in range(max(2, subjects // 8))]
    answering = [
        {"subject": name, "model": models[index % len(models)], "prompt": None if index % 5 == 0 else f"prompt-{index}"}
        for index, name in enumerate(_names("subject", subjects, awkward=awkward))
    ]
    names = [row["subject"] for row in answering]
    skill = random.normal(0.0, 0.1, len(names))
    truth = {
        (subject, dataset): float(np.clip(0.6 + skill[i] + random.normal(0.0, 0.08), 0.02, 0.98))
        for i, subject in enumerate(names)
        for dataset in targets
    }
    forecast = {pair: value + random.normal(0.0, 0.04) for pair, value in truth.items()}
    measured = {pair: value for i, (pair, value) in enumerate(truth.items()) if i % 3}
    entities = [("dataset", name) for name in targets] + [("subject", name) for name in names]
    vectors = {method: random.normal(size=(len(entities), 16)).astype(np.float32) for method in METHODS}
    return {
        "datasets": rows(
            "datasets",
            *(
                {"dataset": name, "family": _FAMILIES[i % 4], "labels": ["no", "yes"], "label_kind": "classes"}
                for i, name in enumerate(targets)
            ),
        ),
        "models": rows(
            "models", *({"model": name, "kind": ("encoder", "probe")[i % 2]} for i, name in enumerate(models))
        ),
        "prompts": rows("prompts", *({"prompt": row["prompt"]} for row in answering if row["prompt"])),
        "subjects": rows(
            "subjects", *({**row, "labels": ["no", "yes"], "output_kind": "classes"} for row in answering)
        ),
        "corpora": rows("corpora", {"corpus": "web"}),
        "spaces": rows("spaces", *({"space": f"mini/{name}", "method": name} for name in METHODS)),
        "costs": TABLES["costs"].schema.empty_table(),
        "examples": rows("examples", *(row for name in targets[:3] for row in _examples(name))),
        "predictions": rows(
            "predictions", *(row for name in names[:6] for row in _predictions(name, targets[:3], random))
        ),
        "forecasts": _scored("forecasts", forecast, 0.15),
        "scores": _scored("scores", measured, 0.05),
        "embeddings": rows("embeddings", *_embeddings(entities, vectors)),
        "neighbors": rows("neighbors", *_neighbors(entities, vectors)),
        "regions": TABLES["regions"].schema.empty_table(),
        "maps": rows("maps", *_maps(entities, vectors)),
        "known_scores": TABLES["known_scores"].schema.empty_table(),
        "known_transfers": TABLES["known_transfers"].schema.empty_table(),
        "transfers": TABLES["transfers"].schema.empty_table(),
        "benchmarks": rows("benchmarks", *_benchmarks(random)),
        "described": TABLES["described"].schema.empty_table(),
        "recommendations": _recommendations(answering, targets, forecast, measured, random),
        "quality": rows("quality", {"origin": targets[0], "origin_kind": "dataset"}, _broken(targets[1])),
        "quarantine": rows("quarantine", {"origin": targets[1], "origin_kind": "dataset", "reason": "empty text"}),
    }


def publish(folder: Path, content: dict[str, pa.Table], release_id: str) -> Release:
    """Write a release of these tables into a folder, which becomes a project."""
    folder.mkdir(parents=True, exist_ok=True)
    card = "name: made\ndescription: Made up for tests\ncorpus: web\nsurrogate: mini\n"
    (folder / "atlas.yaml").write_text(card, encoding="utf-8")
    warehouse = Warehouse(folder / "warehouse")
    release = warehouse.publish(content, release_id=release_id, project="made", version="0.1.0")
    rebuild(warehouse, folder / "warehouse" / "catalog.duckdb", shown_methods())
    return release


def _names(kind: str, count: int, *, awkward: bool) -> list[str]:
    special = [f"{name} {kind}" for name in AWKWARD] if awkward else []
    return [*special, *(f"{kind}-{index}" for index in range(count - len(special)))]


def _examples(dataset: str) -> list[dict[str, Any]]:
    said = {"origin_kind": "dataset", "origin": dataset, "split": "test", "text_pair": None, "value": None}
    return [
        {**said, "text_id": f"{dataset}-{i}", "text": f"text {i} of {dataset}", "label": ("no", "yes")[i % 2]}
        for i in range(20)
    ]


def _predictions(subject: str, datasets: list[str], random: np.random.Generator) -> list[dict[str, Any]]:
    answers = []
    for dataset in datasets:
        for i in range(20):
            label = ("no", "yes")[int(random.integers(2))]
            answer = {"output": label, "label": label, "value": None, "probabilities": [0.25, 0.75]}
            answers.append({"subject": subject, "text_id": f"{dataset}-{i}", **answer})
    return answers


def _scored(name: str, values: dict[tuple[str, str], float], half: float) -> pa.Table:
    scores = []
    for (subject, dataset), value in values.items():
        bounded = min(max(value, 0.0), 1.0)
        for metric, score in (("accuracy", bounded), ("macro_f1", 0.9 * bounded)):
            row = {"subject": subject, "dataset": dataset, "metric": metric, "value": score, "n": 100}
            scores.append(row | {"low": max(0.0, score - half), "high": min(1.0, score + half)})
            if name == "forecasts":
                scores[-1] |= {"fidelity": 0.9 if bounded > 0.5 else 0.4, "student": score}
    return rows(name, *scores)


def _recommendations(
    answering: list[dict[str, Any]],
    targets: list[str],
    forecast: dict[tuple[str, str], float],
    measured: dict[tuple[str, str], float],
    random: np.random.Generator,
) -> pa.Table:
    """What is recommended by these scores, each of 100 answers; always answering no is right in half of the cases."""
    known = {}
    for dataset in targets:
        candidates, merits = [], np.full((len(answering), 100), np.nan)
        for i, name in enumerate(sorted(row["subject"] for row in answering)):
            score = measured.get((name, dataset))
            if score is not None:
                merits[i] = random.permutation(100) < 100 * score
            own = None if score is None else _estimate(score, 0.05)
            candidates.append(Candidate(name, "accuracy", own, _estimate(forecast[name, dataset], 0.15)))
        of_baseline = (np.arange(100) % 2).astype(np.float64)
        known[dataset] = DatasetEvidence(tuple(candidates), merits, of_baseline, Baseline(0.5, "no"), {}, "accuracy")
    models = {row["subject"]: row["model"] for row in answering}
    near = {name: {other: 0.5 for other in targets[:3] if other != name} for name in targets}
    made = rows_of(known, models, KnownSources(near, {targets[0]: {answering[0]["subject"]}}))
    return pa.Table.from_pylist(list(made), schema=TABLES["recommendations"].schema)


def _estimate(value: float, half: float) -> Estimate:
    bounded = min(max(value, 0.0), 1.0)
    return Estimate(bounded, max(0.0, bounded - half), min(1.0, bounded + half), 100)


def _embeddings(entities: list[tuple[str, str]], vectors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    return [
        {
            "method": method,
            "space": f"mini/{method}",
            "entity_kind": kind,
            "entity": name,
            "dim": 16,
            "vector": list(row),
        }
        for method, matrix in vectors.items()
        for (kind, name), row in zip(entities, matrix / np.linalg.norm(matrix, axis=1, keepdims=True), strict=True)
    ]


def _neighbors(entities: list[tuple[str, str]], vectors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    near = []
    for method, matrix in vectors.items():
        unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
        similar = unit @ unit.T
        for kind in ("dataset", "subject"):
            indices = np.array([i for i, entity in enumerate(entities) if entity[0] == kind])
            for i, (own, name) in enumerate(entities):
                others = indices[indices != i]
                for rank, j in enumerate(others[np.argsort(-similar[i, others])][:5], start=1):
                    row = {
                        "method": method,
                        "space": f"mini/{method}",
                        "entity_kind": own,
                        "entity": name,
                        "rank": rank,
                    }
                    other = {"neighbor_kind": kind, "neighbor": entities[j][1], "similarity": float(similar[i, j])}
                    near.append(row | other)
    return near


def _maps(entities: list[tuple[str, str]], vectors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    return [
        {"method": method, "space": f"mini/{method}", "entity_kind": kind, "entity": name, "x": float(x), "y": float(y)}
        for method, matrix in vectors.items()
        for (kind, name), (x, y) in zip(entities, matrix[:, :2], strict=True)
    ]


def _benchmarks(random: np.random.Generator) -> list[dict[str, Any]]:
    measures = []
    for method in ("forecast", "cosine crosscov", "random"):
        for benchmark, metric in (("choice", "spearman"), ("choice", "loss"), ("forecast", "error")):
            value = 0.0 if method == "random" else float(random.random())
            row = {"benchmark": benchmark, "method": method, "metric": metric, "value": value, "n": 7}
            measures.append(
                row | {"low": value - 0.1, "high": value + 0.1, "labels_used": "train split", "calls_used": "none"}
            )
    return measures


def _broken(dataset: str) -> dict[str, Any]:
    return {"origin": dataset, "origin_kind": "dataset", "success": False, "n": 50, "n_unexpected": 3}


if __name__ == "__main__":
    publish(Path(sys.argv[1]), tables(20, int(sys.argv[2]), awkward=False), "made")
