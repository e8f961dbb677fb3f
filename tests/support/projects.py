"""Projects that tests write: their cards and sources, and a tiny one of made-up sentences and a random two-layer BERT.

All stages of the tiny one but publish run in a second or two.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from taskatlas.embed import shown_methods
from taskatlas.hashing import file_sha256
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Warehouse
from tests.support.checkpoints import bert_of_words
from tests.support.places import ROOT

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


def golden_project(folder: Path) -> Path:
    """A project of every kind of model, with demonstrations, with a method that trains and with two releases, as
    tests/golden keeps it."""
    with zipfile.ZipFile(ROOT / "tests" / "golden" / "project.zip") as project:
        project.extractall(folder)
    return folder


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
    with tempfile.TemporaryDirectory() as made:
        bert_of_words(Path(made), WORDS)
        return {path.name: path.read_bytes() for path in Path(made).iterdir()}


def copied(published: Path, folder: Path) -> Path:
    """A copy of a published project that stands on its own: its catalog reads its own files."""
    shutil.copytree(published, folder)
    rebuild(Warehouse(folder / "warehouse"), folder / "warehouse" / "catalog.duckdb", shown_methods())
    return folder


def write_file(folder: Path, name: str, content: str | bytes) -> Path:
    """A file of this content below a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def parts(project: Path) -> dict[str, int]:
    """When each part below the project was written, in nanoseconds, by kind and file name."""
    root = project / "warehouse" / "parts"
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def written(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many parts of each kind were written in between; none may have gone."""
    assert before.keys() <= after.keys()
    kinds = [name.partition("/")[0] for name, stamp in after.items() if before.get(name) != stamp]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
