"""What demonstrations are taken from: the train split of a dataset, or the examples on a prompt's card.

Nothing that any dataset of the project tests is among them, nor what nearly equals it, so that no score is of a text
whose answer was shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.cards.labels import map_labels
from taskatlas.errors import PromptError
from taskatlas.hashing import digest_set, text_id
from taskatlas.ingest.clean import clean_text
from taskatlas.ingest.duplicates import NearIndex
from taskatlas.predict.identity import weights_content
from taskatlas.predict.model import Demonstration
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.prompts import Demonstrations, PromptCard
from taskatlas.stages.context import Context
from taskatlas.store.parts import Parts


def content(context: Context, prompt: PromptCard) -> list[object]:
    """What a prompt's demonstrations depend on besides its version; JSON-serialisable, empty for those on its card."""
    wanted = prompt.demonstrations
    if wanted is None or wanted.choose == "fixed":
        return []
    card, pool = context.registry.datasets[str(wanted.dataset)], _pool(context, str(wanted.dataset))
    found: list[object] = [pool.schema.metadata[b"id"].decode(), sorted(_answers(prompt, card).items())]
    return [*found, *(weights_content(context.registry.surrogate.weights) if wanted.choose == "nearest" else [])]


def demonstrations_of(context: Context, prompts: Iterable[PromptCard | None]) -> dict[str, tuple[Demonstration, ...]]:
    """Per prompt that shows demonstrations, by name, what they are taken from.

    Raises:
        PromptError: a card shows a text that a dataset of the project tests, or one that is blank.

    """
    with_any = ((prompt, prompt.demonstrations) for prompt in prompts if prompt)
    return {prompt.name: _of(context, prompt, wanted) for prompt, wanted in with_any if wanted}


def _of(context: Context, prompt: PromptCard, wanted: Demonstrations) -> tuple[Demonstration, ...]:
    if wanted.choose == "fixed":
        return tuple(_fixed(context, prompt, wanted))
    card, pool = context.registry.datasets[str(wanted.dataset)], _pool(context, str(wanted.dataset))
    names = _answers(prompt, card)
    labels = [
        names.get(label, label) if value is None else f"{value:.6g}"
        for label, value in zip(pool["label"].to_pylist(), pool["value"].to_pylist(), strict=True)
    ]
    columns = (pool[name].to_pylist() for name in ("text_id", "text", "text_pair"))
    return tuple(Demonstration(*row) for row in zip(*columns, labels, strict=True))


def _answers(prompt: PromptCard, card: DatasetCard) -> dict[str, str]:
    """The dataset's labels → those of the prompt's choices."""
    places = map_labels(tuple(prompt.choices), card.class_labels, prompt.mapping.get(card.name))
    if places is None or not prompt.choices:
        return {}
    found: dict[str, str] = {}
    for label, place in zip(prompt.choices, places, strict=True):
        if place >= 0:
            found.setdefault(card.class_labels[place], label)
    return found


def _fixed(context: Context, prompt: PromptCard, wanted: Demonstrations) -> Iterable[Demonstration]:
    where = f"prompt {prompt.name}: demonstrations.examples"
    tested = {name: _tested(context.parts.root, (origin.examples,)) for name, origin in context.datasets().items()}
    for shown in wanted.examples:
        text, pair = clean_text(shown.text), clean_text(shown.text_pair or "") or None
        if not text:
            raise PromptError("it shows a text in which nothing is visible", where=where, todo="show another text")
        for name, index in tested.items():
            if index.has_half_near(text, pair):
                what = f"it shows {text[:80]!r}, which is a text of the test split of {name}, or nearly one"
                raise PromptError(what, where=where, todo="show another text")
        yield Demonstration(text_id(text, pair), text, pair, shown.label)


def _pool(context: Context, name: str) -> pa.Table:
    """The train split of a dataset without what others test; its content hash is `id` of the metadata."""
    origins = context.datasets()
    others = tuple(origin.examples for other, origin in origins.items() if other != name)
    return _read(context.parts.root, origins[name].examples, others)


@lru_cache(maxsize=16)
def _read(root: Path, examples: str, others: tuple[str, ...]) -> pa.Table:
    # ingest keeps a dataset's own test texts, and what nearly equals them, out of its train split
    rows, tested = Parts(root).read("examples", examples), _tested(root, others)
    pool = rows.filter(pc.equal(rows["split"], "train")).sort_by("text_id")
    texts = zip(pool["text"].to_pylist(), pool["text_pair"].to_pylist(), strict=True)
    pool = pool.filter(pa.array([not tested.has_half_near(*text) for text in texts], pa.bool_()))
    answers = (pool[name].to_pylist() for name in ("text_id", "label", "value"))
    found = digest_set(f"{text}:{label}:{value}" for text, label, value in zip(*answers, strict=True))
    return pool.replace_schema_metadata({"id": found})


@lru_cache(maxsize=256)
def _tested(root: Path, examples: tuple[str, ...]) -> NearIndex:
    """The (first) texts that datasets test; parts never change."""
    parts = (Parts(root).read("examples", key) for key in examples)
    found = {text for rows in parts for text in rows.filter(pc.equal(rows["split"], "test"))["text"].to_pylist()}
    return NearIndex.of(sorted(found))
