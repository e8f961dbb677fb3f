"""What is asked: the prompts of prompts.yaml as cards, the texts of the taskbank, and SmolLM2's card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from benchmarks.bank import Dataset, Label, Text, corpus
from taskatlas.hashing import text_id
from taskatlas.ingest.clean import clean_line
from taskatlas.predict.model import Example
from taskatlas.schemas.language import CausalModel
from taskatlas.schemas.prompts import PromptCard

ROOT = Path(__file__).resolve().parents[2]
TEXTS = 200
"""Of the corpus, and labelled ones: so many each."""
PER_FAMILY = 14
"""Texts of each other family, which are some more than `TEXTS` together."""
SHOWN = "{{ text }}{% if text_pair %} {{ text_pair }}{% endif %}"
"""How a text is shown where prompts.yaml says {{ text }}: the corpus holds pairs, too."""


class Asked(NamedTuple):
    """The texts that all prompts of a dataset are asked with.

    Attributes:
        corpus: of other families than the dataset's, as examples and as the surrogate reads them.
        test: labelled ones, likewise.
        gold: their labels.
    """

    corpus: list[Example]
    test: list[Example]
    gold: list[str]
    corpus_texts: list[Text]
    test_texts: list[Text]


def names() -> list[str]:
    """The datasets that have prompts."""
    return list(_entries())


def prompts(dataset: str) -> list[PromptCard]:
    """The prompts of a dataset, those of one template after another."""
    return written(_entries()[dataset])


def written(entry: Mapping[str, Any]) -> list[PromptCard]:
    """The prompts of an entry: its templates, each with its sets of answer words."""
    return [
        PromptCard(
            name=f"{name}-{answers}",
            description=f"{name}, answered with {answers}",
            template=template["text"].replace("{{ text }}", SHOWN),
            choices=entry["answers"][answers],
        )
        for name, template in entry["templates"].items()
        for answers in template["answers"]
    ]


def texts(datasets: dict[str, Dataset], name: str) -> Asked:
    """The texts of a dataset: the corpus's from all families but its own, the labelled ones from its test split, both
    evenly spaced."""
    dataset = datasets[name]
    of_corpus = _spaced(corpus(datasets, [dataset.family], PER_FAMILY))
    of_test: list[tuple[Text, Label]] = _spaced(list(zip(dataset.test.texts, dataset.test.labels, strict=True)))
    test_texts = [text for text, _ in of_test]
    gold = [str(label) for _, label in of_test]
    return Asked(
        [_example(text) for text in of_corpus], [_example(text) for text in test_texts], gold, of_corpus, test_texts
    )


def model() -> CausalModel:
    """SmolLM2's card, as people copy it into a project; in float32 wherever it is run."""
    path = ROOT / "examples" / "cards" / "smollm2.yaml"
    card = CausalModel.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    return card.model_copy(update={"precision": "float32"})


def _entries() -> dict[str, Any]:
    entries: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "prompts.yaml").read_text(encoding="utf-8"))
    return entries


def _spaced(rows: Sequence[Any]) -> list[Any]:
    return [rows[index] for index in np.linspace(0, len(rows) - 1, TEXTS).round().astype(int)]


def _example(text: Text) -> Example:
    # the recordings are of texts on one line, each under the id of that line
    first, second = clean_line(text[0]), clean_line(text[1] or "") or None
    return Example(text_id(first, second), first, second)
