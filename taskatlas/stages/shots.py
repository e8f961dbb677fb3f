"""What demonstrations are taken from: the train split of a dataset, or the examples on a prompt's card.

Nothing that any dataset of the project tests is among them, so that no score is of a text whose answer was shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.cards import DatasetCard
from schemas.prompts import Demonstrations, PromptCard
from taskatlas.errors import PromptError
from taskatlas.hashing import digest_set, text_id
from taskatlas.ingest.clean import clean_text
from taskatlas.labels import map_labels
from taskatlas.predict.identity import weights_content
from taskatlas.predict.model import Shot
from taskatlas.stages.context import Context
from taskatlas.store.parts import Parts


def content(context: Context, prompt: PromptCard) -> list[object]:
    """What a prompt's demonstrations depend on besides its card; JSON-serialisable, empty for prompts without any."""
    wanted = prompt.demonstrations
    if wanted is None or wanted.choose == "fixed":
        return []
    pool, weights = _pool(context, str(wanted.dataset)), context.registry.surrogate.weights
    return [pool.schema.metadata[b"id"].decode(), *(weights_content(weights) if wanted.choose == "nearest" else [])]


def shots(context: Context, prompts: Iterable[PromptCard | None]) -> dict[str, tuple[Shot, ...]]:
    """Per prompt that shows demonstrations, by name, what they are taken from.

    Raises:
        PromptError: a card shows a text that a dataset of the project tests.

    """
    with_any = ((prompt, prompt.demonstrations) for prompt in prompts if prompt)
    return {prompt.name: _of(context, prompt, wanted) for prompt, wanted in with_any if wanted}


def _of(context: Context, prompt: PromptCard, wanted: Demonstrations) -> tuple[Shot, ...]:
    if wanted.choose == "fixed":
        return tuple(_fixed(context, prompt, wanted))
    card, pool = context.registry.datasets[str(wanted.dataset)], _pool(context, str(wanted.dataset))
    names = _answers(prompt, card)
    labels = [
        names.get(label, label) if value is None else f"{value:.6g}"
        for label, value in zip(pool["label"].to_pylist(), pool["value"].to_pylist(), strict=True)
    ]
    columns = (pool[name].to_pylist() for name in ("text_id", "text", "text_pair"))
    return tuple(Shot(*row) for row in zip(*columns, labels, strict=True))


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


def _fixed(context: Context, prompt: PromptCard, wanted: Demonstrations) -> Iterable[Shot]:
    tested = {name: _tested(context.parts.root, origin.examples) for name, origin in context.datasets().items()}
    for shown in wanted.examples:
        text, pair = clean_text(shown.text), clean_text(shown.text_pair) if shown.text_pair else None
        found = text_id(text, pair)
        for name, ids in tested.items():
            if found in ids:
                raise PromptError(
                    f"it shows {text[:80]!r}, which is a text of the test split of {name}",
                    where=f"prompt {prompt.name}: demonstrations.examples",
                    todo="show another text",
                )
        yield Shot(found, text, pair, shown.label)


def _pool(context: Context, name: str) -> pa.Table:
    """The train split of a dataset without what any dataset tests; its content hash is `id` of the metadata."""
    origins = context.datasets()
    return _read(context.parts.root, origins[name].examples, tuple(origin.examples for origin in origins.values()))


@lru_cache(maxsize=16)
def _read(root: Path, examples: str, datasets: tuple[str, ...]) -> pa.Table:
    tested = frozenset[str]().union(*(_tested(root, key) for key in datasets))
    rows = Parts(root).read("examples", examples)
    keep = pc.and_(
        pc.equal(rows["split"], "train"), pc.invert(pc.is_in(rows["text_id"], pa.array(tested, pa.string())))
    )
    pool = rows.filter(keep).sort_by("text_id")
    answers = (pool[name].to_pylist() for name in ("text_id", "label", "value"))
    found = digest_set(f"{text}:{label}:{value}" for text, label, value in zip(*answers, strict=True))
    return pool.replace_schema_metadata({"id": found})


@lru_cache(maxsize=1_024)
def _tested(root: Path, examples: str) -> frozenset[str]:
    """The ids of the texts that a dataset tests; a part never changes."""
    rows = Parts(root).read("examples", examples)
    return frozenset(rows.filter(pc.equal(rows["split"], "test"))["text_id"].to_pylist())
