"""python -m benchmarks.prompts_project FOLDER: a project for FUTE's second experiment, with a small language model.

Thirteen prompts for each of some datasets of the taskbank, three of which reason first, asked of SmolLM2 on a sample of
each dataset. TASKBANK names the folder of the data. Then `taskatlas run --project FOLDER`, which goes on where it was
left, and `taskatlas benchmark prompts --project FOLDER`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from taskatlas.ingest.read import read_dataset
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard

ROOT = Path(__file__).resolve().parent.parent
TASKBANK = ROOT / "benchmarks" / "taskbank"
DATASETS = (
    "ag_news", "cola", "cr", "mpqa", "mr", "sci_cite", "sms_spam", "sst2", "subj", "trec", "tweet_emotion",
    "tweet_irony", "tweet_offensive",
)  # fmt: skip
"""Of single texts, with few classes."""
ROWS, CORPUS = 120, 10
"""Rows of a dataset, a quarter of them for tests, and further ones of it in the corpus."""
ONCE = (
    "{{ text }}\nThis is", "{{ text }}\nAnswer:", "Text: {{ text }}\nLabel:", "{{ text }}\nCategory ([all]):",
    "Choose one of [all].\n{{ text }}\nThe choice is", "{{ text }}\nQuestion: [all]?\nAnswer:",
    "Read: {{ text }}\nWhich of [all] fits it best? It is", "{{ text }} All in all, it is",
    "[about]?\n{{ text }}\nThe answer is", "A text of the kind [all]: {{ text }}\nKind:",
)  # fmt: skip
TWICE = (
    "{{ text }}\nLet us think about it step by step.", "{{ text }}\nIn other words,", "{{ text }}\nWhat stands out is",
)  # fmt: skip
AFTER = "{{ text }}\n{{ reasoning }}\nSo of [all], the answer is"


def write_project(folder: Path) -> None:
    """Write cards and samples of data into a new folder."""
    cards = load(TASKBANK).datasets
    sources = [_write_dataset(folder, cards[name]) for name in DATASETS]
    for labels in dict.fromkeys(cards[name].class_labels for name in DATASETS):
        alike = [name for name in DATASETS if cards[name].class_labels == labels]
        for card in prompts_of(alike, labels, cards[alike[0]].description):
            _write(folder / "prompts" / f"{card['name']}.yaml", card)
    corpus = {"name": "mixed", "description": "Some further texts of each dataset", "license": "see the datasets"}
    _write(folder / "corpora" / "mixed.yaml", {**corpus, "sources": sources})
    for path in ("surrogates/minilm.yaml", "../../examples/cards/smollm2.yaml"):
        card = yaml.safe_load((TASKBANK / path).read_text(encoding="utf-8"))
        _write(folder / ("models" if "kind" in card else "surrogates") / f"{card['name']}.yaml", card)
    atlas = {"name": "prompts", "description": "Which prompt, where none was tried", "license": "see the datasets"}
    methods = ["text", "crosscov", "student"]
    _write(folder / "atlas.yaml", {**atlas, "corpus": "mixed", "surrogate": "minilm", "methods": methods})


def _write_dataset(folder: Path, card: DatasetCard) -> dict[str, Any]:
    """Write a sample of a dataset's rows with its card, and return the source of its texts in the corpus."""
    rows = [row for row in read_dataset(card, TASKBANK).to_pylist() if row["label"] in card.class_labels]
    order = np.random.default_rng(0).permutation(len(rows))
    some = [rows[place] for place in order[: ROWS + CORPUS]]
    source = f"data/{card.name}.jsonl"
    _lines(folder / source, [{"text": row["text"], "label": row["label"]} for row in some[CORPUS:]])
    _lines(folder / "data" / f"{card.name}_more.jsonl", [{"text": row["text"]} for row in some[:CORPUS]])
    kept = {name: getattr(card, name) for name in ("name", "description", "license", "family", "domain")}
    fields = {**kept, "source": source, "labels": [*card.class_labels], "test_fraction": 0.25}
    _write(folder / "datasets" / f"{card.name}.yaml", fields)
    return {"source": f"data/{card.name}_more.jsonl"}


def prompts_of(datasets: Sequence[str], labels: Sequence[str], about: str) -> list[dict[str, Any]]:
    """Return thirteen prompts for datasets of the same labels."""
    words = {"[all]": " or ".join(label.replace("-", " ") for label in labels), "[about]": about.rstrip(".?")}
    common = {"choices": {label: label.replace("-", " ") for label in labels}, "datasets": [*datasets]}
    stem = datasets[0].replace("_", "-")
    made = []
    for number, template in enumerate((*ONCE, *TWICE), start=1):
        card = {"name": f"{stem}-{number}", "description": "One of thirteen ways to ask", "license": "CC0-1.0"}
        card |= {"template": _filled(template, words), **common}
        if template in TWICE:
            card["followup"] = {"template": _filled(AFTER, words), "max_tokens": 16}
        made.append(card)
    return made


def _filled(template: str, words: dict[str, str]) -> str:
    for place, said in words.items():
        template = template.replace(place, said)
    return template


def _lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _write(path: Path, card: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


if __name__ == "__main__":
    write_project(Path(sys.argv[1]))
