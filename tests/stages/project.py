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
from taskatlas.stages import benchmark, embed, ingest, predict, spaces, validate, vectors
from taskatlas.stages.context import Context, Origin

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


def ingested(folder: Path) -> Context:
    """The project after the ingest stage."""
    context = Context(folder)
    datasets = [_ingest(context, "dataset", name, []) for name in context.registry.datasets]
    corpus = _ingest(context, "corpus", context.registry.corpus.name, datasets)
    ingest.finish(context, [vars(origin) for origin in [*datasets, corpus]])
    return context


def _ingest(context: Context, kind: str, name: str, tests: Sequence[Origin]) -> Origin:
    rows = ingest.rows_key(context, kind, name)
    ingest.read(context, kind, name, rows)
    quality = validate.check_key(context, kind, name, rows)
    validate.check(context, kind, name, rows, quality)
    key = ingest.examples_key(context, kind, name, quality, tests)
    return Origin(**ingest.select(context, kind, name, rows, quality, key, tests))


def answered(folder: Path) -> Context:
    """The project after the predict stage."""
    context = ingested(folder)
    for model in context.registry.models:
        predict.answer(context, model, "cpu")
    return context


def embedded(folder: Path, *methods: str) -> Context:
    """The project after the embed stage; its own methods where none are given."""
    context = answered(folder)
    wanted = list(methods or context.registry.project.methods)
    for method in wanted:
        spaces.pin(context, spaces.space_of(context, method), "cpu")
        embed.embed_method(context, method, "cpu")
    vectors.finish(context, wanted)
    return context


def benchmarked(folder: Path, *methods: str) -> Context:
    """The project after the benchmark stage; its own methods where none are given."""
    context = embedded(folder, *methods)
    benchmark.measure(context, benchmark.benchmark_key(context))
    return context
