"""A tiny project with made-up sentences and a random two-layer BERT: all stages but publish run in a second or two."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from taskatlas.hashing import file_sha256
from taskatlas.plan.ingestion import is_checked
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages import bases, benchmark, embed, ingest, predict, validate
from taskatlas.stages.neighbors import write_neighbors
from taskatlas.stages.releases import published_bases

NOUNS, GOOD, BAD, OTHER, LABELS = (
    words.split()
    for words in (
        "dog cat film soup train river song lamp coat shop hill boat cake road bird",
        "lovely great kind warm bright",
        "awful cold cruel dull broken",
        "we saw the a near under after before old new small big it was they gave took left found .",
        "negative positive a low high score no yes",
    )
)
WORDS = list(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *NOUNS, *GOOD, *BAD, *OTHER, *LABELS]))


def sentences(n: int, seed: int, extra: Sequence[str] = ()) -> list[str]:
    """n different sentences of ten words; each holds one of `extra`, in turn."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < n:
        words = chance.choices(NOUNS + OTHER, k=9)
        words.insert(chance.randrange(9), extra[len(found) % len(extra)] if extra else chance.choice(NOUNS))
        found.setdefault(" ".join(words), None)
    return list(found)


def moods(n: int, seed: int) -> list[dict[str, Any]]:
    """Labelled sentences, half of them with a good word and half with a bad one."""
    made = sentences(n, seed, [BAD[seed % 5], GOOD[seed % 5]])
    return [{"text": text, "label": ("negative", "positive")[place % 2]} for place, text in enumerate(made)]


def write_rows(folder: Path, name: str, rows: Iterable[dict[str, Any]]) -> Path:
    """A source of the project: data/NAME.jsonl."""
    path = folder / "data" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_card(folder: Path, kind: str, name: str, /, **fields: Any) -> None:
    """A card; name and description are given to it."""
    path = folder / kind / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"name": name, "description": "Made up.", **fields}, sort_keys=False))


def write_dataset(folder: Path, name: str, rows: Sequence[dict[str, Any]], **fields: Any) -> None:
    """A dataset with its source; two classes of sentiment where `fields` say nothing else."""
    write_rows(folder, name, rows)
    known = {"family": "sentiment", "domain": "made up", "labels": ["negative", "positive"]}
    write_card(folder, "datasets", name, source=f"data/{name}.jsonl", **{**known, **fields})


def write_recorded(folder: Path, name: str, rows: Sequence[dict[str, Any]], **fields: Any) -> None:
    """A recorded model with its file."""
    sha256 = file_sha256(write_rows(folder, name, rows))
    known = {"kind": "recorded", "source": f"data/{name}.jsonl", "revision": "1", "sha256": sha256}
    write_card(folder, "models", name, **{**known, "labels": ["negative", "positive"], **fields})


def write_project(folder: Path, *, corpus: int = 60, seed: int = 0) -> Path:
    """Two datasets of sentiment, an encoder with two prompts, and a probe."""
    weights = {"source": "weights", "revision": "1", "sha256": _write_weights(folder / "weights"), "max_length": 32}
    write_dataset(folder, "mood", moods(60, seed + 1))
    write_dataset(folder, "feel", moods(60, seed + 2))
    write_rows(folder, "web", ({"text": text} for text in sentences(corpus, seed + 3, GOOD + BAD)))
    write_card(folder, "corpora", "web", sources=[{"source": "data/web.jsonl"}])
    write_card(folder, "surrogates", "tiny", weights=weights)
    write_card(folder, "models", "enc", kind="encoder", weights=weights)
    write_card(folder, "models", "probe", kind="probe", encoder="enc", dataset="mood")
    for name, choices in {"plain": ["awful", "great"], "warm": ["cold", "warm"]}.items():
        named = dict(zip(("negative", "positive"), choices, strict=True))
        write_card(folder, "prompts", name, choices=named, families=["sentiment"])
    axes = {"input_axes": 8, "output_axes": 4}
    write_card(folder, ".", "atlas", corpus="web", surrogate="tiny", methods=["text", "crosscov", "student"], **axes)
    return folder


def _write_weights(folder: Path) -> str:
    folder.mkdir(parents=True)
    for name, content in _weights().items():
        (folder / name).write_bytes(content)
    return file_sha256(folder / "model.safetensors")


@cache
def _weights() -> dict[str, bytes]:
    import tempfile

    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    with tempfile.TemporaryDirectory() as made:
        BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=64, **sizes)).save_pretrained(made)
        files = {path.name: path.read_bytes() for path in Path(made).iterdir()}
    vocabulary = {"vocab.txt": "\n".join(WORDS), "tokenizer_config.json": '{"tokenizer_class": "BertTokenizer"}'}
    return files | {name: content.encode() for name, content in vocabulary.items()}


def ingested(folder: Path) -> Plan:
    """The project after the ingest stage."""
    plan = Plan(Project(folder))
    ingest_missing(plan)
    return plan


def ingest_missing(plan: Plan) -> None:
    """What the ingest flow does, without Prefect."""
    project = plan.project
    for source in plan.sources:
        if not project.parts.has("rows", source.rows):
            ingest.read(project, source)
        if not is_checked(project.parts, source):
            validate.check(project, source)
        key = plan.ingestion.examples_key(source)
        if not project.parts.has("examples", key):
            ingest.select(project, source, key, plan.ingestion.tests_beside(source))
    plan.take_text_sets()


def answered(folder: Path) -> Plan:
    """The project after the predict stage."""
    plan = ingested(folder)
    answer_missing(plan)
    return plan


def answer_missing(plan: Plan) -> dict[str, dict[str, Any]]:
    """What the predict stage says of each model that owed something."""
    works = [work for work in plan.model_works() if work.answer_sets]
    outcomes = {work.model: predict.answer(plan.project, work, "cpu") for work in works}
    plan.look_again()
    return outcomes


def embedded(folder: Path, *methods: str) -> Plan:
    """The project after the embed stage; its own methods where none are given."""
    plan = answered(folder)
    embed_missing(plan, *methods)
    return plan


def embed_missing(plan: Plan, *methods: str) -> dict[str, dict[str, Any]]:
    """What the embed stage says of each method."""
    outcomes = {}
    for method in plan.request_methods(methods):
        if not plan.is_pinned(method):
            published = published_bases(plan, method)
            bases.pin(plan.project, plan.spaces[method], plan.corpus, "cpu", published)
        outcomes[method] = embed.embed_space(plan.project, plan.space_work(method), "cpu")
    plan.look_again()
    plan.keep_methods()
    write_neighbors(plan)
    return outcomes


def benchmarked(folder: Path, *methods: str) -> Plan:
    """The project after the benchmark stage; its own methods where none are given."""
    plan = embedded(folder, *methods)
    benchmark.measure(plan.project, plan.benchmark_work)
    plan.look_again()
    return plan


def run_missing(plan: Plan) -> None:
    """What all flows but the last do, with one plan for all of them."""
    ingest_missing(plan)
    answer_missing(plan)
    embed_missing(plan)
    if not plan.is_benchmarked():
        benchmark.measure(plan.project, plan.benchmark_work)
        plan.look_again()
