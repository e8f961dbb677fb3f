"""What demonstrations are taken from: the train split of a dataset, or the examples on a prompt's card.

Nothing that any dataset of the project tests is among them, nor what nearly equals it, so that no score is of a text
whose answer was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.cards.labels import map_labels
from taskatlas.errors import PromptError
from taskatlas.hashing import digest_set, text_id
from taskatlas.ingest.clean import clean_text
from taskatlas.ingest.duplicates import NearIndex
from taskatlas.plan.project import Project
from taskatlas.predict.identity import surrogate_content
from taskatlas.predict.model import Demonstration
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.prompts import Demonstrations, PromptCard
from taskatlas.store.parts import Parts

ExamplesByDataset = Mapping[str, str]
"""Name of each dataset → key of its examples."""


def demonstrations_content(project: Project, prompt: PromptCard, examples: ExamplesByDataset) -> list[object]:
    """Return what a prompt's demonstrations depend on besides its version; JSON-serialisable, empty for those on its
    card."""
    wanted = prompt.demonstrations
    if wanted is None or wanted.choose == "fixed":
        return []
    card, pool = project.registry.datasets[str(wanted.dataset)], _pool(project, str(wanted.dataset), examples)
    content: list[object] = [pool.schema.metadata[b"id"].decode(), sorted(_labels_by_answer(prompt, card).items())]
    nearest = wanted.choose == "nearest"
    return [*content, *(surrogate_content(project.registry.surrogate) if nearest else [])]


def demonstrations_of(
    project: Project, prompts: Iterable[PromptCard | None], examples: ExamplesByDataset
) -> dict[str, tuple[Demonstration, ...]]:
    """Return, per prompt that shows demonstrations, by name, what they are taken from.

    Raises:
        PromptError: a card shows a text that a dataset of the project tests, or one that is blank.
    """
    with_any = ((prompt, prompt.demonstrations) for prompt in prompts if prompt)
    return {prompt.name: _of(project, prompt, wanted, examples) for prompt, wanted in with_any if wanted}


def _of(
    project: Project, prompt: PromptCard, wanted: Demonstrations, examples: ExamplesByDataset
) -> tuple[Demonstration, ...]:
    if wanted.choose == "fixed":
        return tuple(_fixed(project, prompt, wanted, examples))
    card, pool = project.registry.datasets[str(wanted.dataset)], _pool(project, str(wanted.dataset), examples)
    answers = _labels_by_answer(prompt, card)
    labels = [
        _shown(answers, *each)
        for each in zip(*(pool[name].to_pylist() for name in ("label", "value", "answers")), strict=True)
    ]
    columns = (pool[name].to_pylist() for name in ("text_id", "text", "text_pair", "fields", "choices"))
    return tuple(
        Demonstration(found, text, pair, label, tuple(fields or ()), tuple(choices or ()))
        for found, text, pair, fields, choices, label in zip(*columns, labels, strict=True)
    )


def _shown(answers: Mapping[str, str], label: str | None, value: float | None, texts: Sequence[str] | None) -> str:
    """What a demonstration says is right: the first of several texts."""
    if texts:
        return texts[0]
    return answers.get(label or "", label or "") if value is None else f"{value:.6g}"


def _labels_by_answer(prompt: PromptCard, card: DatasetCard) -> dict[str, str]:
    """The dataset's labels → those of the prompt's choices."""
    indices = map_labels(tuple(prompt.choices), card.class_labels, prompt.mapping.get(card.name))
    if indices is None or not prompt.choices:
        return {}
    answers: dict[str, str] = {}
    for label, index in zip(prompt.choices, indices, strict=True):
        if index >= 0:
            answers.setdefault(card.class_labels[index], label)
    return answers


def _fixed(
    project: Project, prompt: PromptCard, wanted: Demonstrations, examples: ExamplesByDataset
) -> Iterable[Demonstration]:
    where = f"prompt {prompt.name}: demonstrations.examples"
    tested = {name: _tested(project.parts.root, (key,)) for name, key in examples.items()}
    for example in wanted.examples:
        text, pair = clean_text(example.text), clean_text(example.text_pair or "") or None
        fields = tuple(sorted((name, clean_text(each)) for name, each in example.fields.items()))
        choices = tuple(map(clean_text, example.choices))
        if not text:
            raise PromptError("it shows a text in which nothing is visible", where=where, todo="show another text")
        for name, index in tested.items():
            if index.has_part_near(text, pair):
                what = f"it shows {text[:80]!r}, which is a text of the test split of {name}, or nearly one"
                raise PromptError(what, where=where, todo="show another text")
        found = text_id(text, pair, fields, choices)
        yield Demonstration(found, text, pair, example.label, fields, choices)


def _pool(project: Project, dataset: str, examples: ExamplesByDataset) -> pa.Table:
    """The train split of a dataset without what others test; its content hash is `id` of the metadata."""
    others = tuple(key for name, key in examples.items() if name != dataset)
    return _read(project.parts.root, examples[dataset], others)


@lru_cache(maxsize=16)
def _read(root: Path, examples: str, others: tuple[str, ...]) -> pa.Table:
    # ingest keeps a dataset's own test texts, and what nearly equals them, out of its train split
    rows, tested = _examples(root, examples), _tested(root, others)
    pool = rows.filter(pc.equal(rows["split"], "train")).sort_by("text_id")
    texts = zip(pool["text"].to_pylist(), pool["text_pair"].to_pylist(), strict=True)
    pool = pool.filter(pa.array([not tested.has_part_near(*text) for text in texts], pa.bool_()))
    answers = (pool[name].to_pylist() for name in ("text_id", "label", "value", "answers"))
    content_id = digest_set(
        f"{text}:{label}:{value}" + (f":{texts}" if texts else "")
        for text, label, value, texts in zip(*answers, strict=True)
    )
    return pool.replace_schema_metadata({"id": content_id})


@lru_cache(maxsize=256)
def _tested(root: Path, examples: tuple[str, ...]) -> NearIndex:
    """The (first) texts that datasets test; parts never change."""
    parts = (_examples(root, key) for key in examples)
    texts = {text for rows in parts for text in rows.filter(pc.equal(rows["split"], "test"))["text"].to_pylist()}
    return NearIndex.of(sorted(texts))


@lru_cache(maxsize=256)
def _examples(root: Path, key: str) -> pa.Table:
    return Parts(root).read("examples", key)
