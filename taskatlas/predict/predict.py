"""The predict stage: one model, all its prompts, and the texts that they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from schemas.cards import DatasetCard, PromptCard
from schemas.models import EncoderModel, ModelCard
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import Context, Example, Model
from taskatlas.store.parts import Parts


def predict(
    model: ModelCard,
    prompts: Sequence[PromptCard | None],
    examples: pa.Table,
    project: Path,
    parts: Parts,
    device: str = "auto",
    *,
    train: pa.Table | None = None,
    encoder: EncoderModel | None = None,
    dataset: DatasetCard | None = None,
) -> dict[str, pa.Table]:
    """What the subjects of one model answer.

    Args:
        model: the model's card.
        prompts: its prompts; `[None]` for a model that takes none.
        examples: the texts to answer, in the schema of TABLES['examples']; equal text_ids are answered once.
        project: the project's folder.
        parts: where features and fitted probes are kept.
        device: as in `device.choose_device`.
        train: for a probe, the examples that it is fitted on, in the same schema.
        encoder: for a probe, the card of its encoder.
        dataset: for a probe, the card of its dataset.

    Returns:
        Per subject (`model/prompt`, or `model`) its rows of TABLES['predictions'], in the order in which the texts
        first occur. Only a recorded model may leave texts out, within its `min_coverage`.

    Raises:
        ModelError: the model cannot be loaded or does not answer as its card says.
        PromptError: a prompt cannot be rendered.

    """
    loaded = load_model(model, Context(project, parts, device, train, encoder, dataset))
    return answered(loaded, model, prompts, examples)


def answered(
    loaded: Model, model: ModelCard, prompts: Sequence[PromptCard | None], examples: pa.Table
) -> dict[str, pa.Table]:
    """What the subjects of a loaded model answer; see `predict`."""
    texts = distinct(examples)
    names = [f"{model.name}/{prompt.name}" if prompt else model.name for prompt in prompts]
    text_ids = [example.text_id for example in texts]
    found = loaded.answer(prompts, texts)
    return {name: answers.to_table(name, text_ids) for name, answers in zip(names, found, strict=True)}


def distinct(examples: pa.Table) -> list[Example]:
    """The different texts of a table in the schema of TABLES['examples'], in the order in which they first occur.

    A text that is in the corpus and in a dataset counts as a text of the corpus.
    """
    found: dict[str, Example] = {}
    columns = (examples[name].to_pylist() for name in ("text_id", "text", "text_pair", "origin_kind"))
    for text_id, text, pair, origin_kind in zip(*columns, strict=True):
        known = found.get(text_id)
        in_corpus = origin_kind == "corpus" or (known is not None and known.in_corpus)
        found[text_id] = Example(text_id, text, pair, in_corpus)
    return list(found.values())
