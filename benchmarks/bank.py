"""The taskbank: 20 public datasets, read without rows that would leak from one part of a benchmark to another.

`TASKBANK` names its folder; by default it lies beside the checkout, in shared/taskbank.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

TRAIN, TEST = 400, 1_000
"""At most so many labelled train texts and test texts per dataset."""
Text = tuple[str, str | None]
Label = str | float


@dataclass(frozen=True)
class Split:
    """Texts, each with its second text where the dataset is one of pairs, and their labels."""

    texts: tuple[Text, ...]
    labels: tuple[Label, ...]

    def of(self, labels: Iterable[Label]) -> list[int]:
        """The places of texts with one of these labels."""
        wanted = set(labels)
        return [index for index, label in enumerate(self.labels) if label in wanted]


@dataclass(frozen=True)
class Dataset:
    """One dataset: `train` is what methods see of it, `spare` is left for training subjects, `test` for measuring."""

    name: str
    family: str
    train: Split
    spare: Split
    test: Split


def folder() -> Path:
    """Where the taskbank lies."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "taskbank"
    return Path(os.environ.get("TASKBANK", beside))


def load() -> dict[str, Dataset]:
    """All datasets by name.

    A text occurs once: repeated ones are dropped (case and punctuation do not count), and train texts that are a test
    text of any dataset, as sst2 and mr share reviews.
    """
    cards: list[dict[str, Any]] = json.loads((folder() / "tasks.json").read_text(encoding="utf-8"))
    tests = {card["name"]: _read(card["name"], "test") for card in cards}
    held = {key for frame in tests.values() for key in frame["key"]}
    datasets = {}
    for card in cards:
        train = _read(card["name"], "train")
        train = train[~train["key"].isin(held)]
        datasets[card["name"]] = Dataset(
            card["name"],
            card["family"],
            _split(train.head(TRAIN)),
            _split(train.iloc[TRAIN:]),
            _split(tests[card["name"]].head(TEST)),
        )
    return datasets


def corpus(datasets: Mapping[str, Dataset], without: Iterable[str], per_family: int = 100) -> list[Text]:
    """Unlabelled texts, as many of every family but those in `without`: the first train texts of its datasets."""
    left_out = set(without)
    families: dict[str, list[Dataset]] = {}
    for dataset in datasets.values():
        if dataset.family not in left_out:
            families.setdefault(dataset.family, []).append(dataset)
    return [text for group in families.values() for d in group for text in d.train.texts[: per_family // len(group)]]


def _read(name: str, split: str) -> pd.DataFrame:
    path = next((folder() / name).glob(f"{split}.*"))
    if path.suffix == ".csv":
        frame = pd.read_csv(path, keep_default_na=False)
    else:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_json(path, lines=True, dtype=False)
    pairs = frame["text_pair"].astype(str) if "text_pair" in frame else [None] * len(frame)
    frame["pair"] = list(pairs)
    frame["key"] = [
        _key(text) + "|" + _key(pair or "") for text, pair in zip(frame["text"], frame["pair"], strict=True)
    ]
    return frame.drop_duplicates("key")


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", str(text).lower())


def _split(frame: pd.DataFrame) -> Split:
    pairs = frame["text_pair"].astype(str).tolist() if "text_pair" in frame else [None] * len(frame)
    texts = zip(frame["text"].astype(str), pairs, strict=True)
    return Split(tuple(texts), tuple(frame["label"].tolist()))
