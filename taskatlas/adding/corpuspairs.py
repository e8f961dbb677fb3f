"""A corpus of a project → a dataset of pairs that were cut from its texts, with its card."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import asdict
from pathlib import Path

from taskatlas.adding.dataset import AddedDataset, DatasetOptions, add_dataset
from taskatlas.adding.selfsupervised import LABELS, Task, pairs
from taskatlas.errors import UnknownNameError
from taskatlas.ingest.read import read_corpus
from taskatlas.registry.load import load


def add_self_supervised(
    folder: Path, task: Task, *, corpus: str | None, name: str | None, limit: int, seed: int, replace: bool
) -> AddedDataset:
    """Cut pairs from the texts of a corpus, and add them as a dataset.

    Args:
        folder: the project.
        task: which pairs are made; see `selfsupervised`.
        corpus: its name; None: the one that every subject answers.
        name: of the dataset's card; None: that of the corpus and of the task.
        limit: at most so many rows.
        seed: of what is drawn.
        replace: whether a card of the name gives way.

    Raises:
        CardError: the project does not hold together, or another card has the name.
        UnknownNameError: there is no such corpus.
        InputError: the corpus cannot be read, or has too few documents.
        StoreError: the project cannot be written.
    """
    registry = load(folder)
    chosen = corpus or registry.project.corpus
    if chosen not in registry.corpora:
        raise UnknownNameError("corpus", chosen, registry.corpora)
    texts = read_corpus(registry.corpora[chosen], folder)["text"].to_pylist()
    made = pairs([text for text in texts if text], task, limit=limit, seed=seed)
    named = name or f"{chosen}-{task}"[:60]
    options = DatasetOptions(
        text="text",
        text_pair="text_pair",
        label="label",
        labels=LABELS,
        name=named,
        family=task,
        domain=registry.corpora[chosen].description,
        description=f"{task.replace('-', ' ').capitalize()}: pairs that were cut from the corpus {chosen}, seed {seed}",
        license=registry.corpora[chosen].license,
        encoding="utf-8",
        replace=replace,
    )
    with tempfile.TemporaryDirectory() as temporary:
        for split, rows in made.items():
            with (Path(temporary) / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, ("text", "text_pair", "label"))
                writer.writeheader()
                writer.writerows(asdict(row) for row in rows)
        return add_dataset(folder, Path(temporary), options)
