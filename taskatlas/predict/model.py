"""What a kind of model is: the protocol of `kinds`, and the two records that it meets the other stages in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import pyarrow as pa

from taskatlas.errors import ModelError
from taskatlas.predict.outputs import Answers
from taskatlas.predict.spending import Spending
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.inputs import Fields
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts


class Example(NamedTuple):
    """A cleaned text that subjects answer."""

    text_id: str
    text: str
    text_pair: str | None = None
    in_corpus: bool = True
    """Whether it is a text of the corpus, which every subject must answer."""
    fields: Fields = ()
    choices: tuple[str, ...] = ()


class Demonstration(NamedTuple):
    """A cleaned text with the label, or the free answer, that a prompt may show with it."""

    text_id: str
    text: str
    text_pair: str | None
    label: str
    fields: Fields = ()
    choices: tuple[str, ...] = ()


class LabelMap(NamedTuple):
    """What the card of a dataset whose rows have choices says of its labels, and its texts."""

    of_label: Mapping[str, str]
    texts: Sequence[Example]


@dataclass(frozen=True)
class ModelContext:
    """What a model takes besides its card.

    Attributes:
        project: the project's folder, which paths on cards are relative to.
        parts: where finished work is kept.
        device: as in `device.choose_device`.
        train: for a model that a run fits, the examples that it is fitted on (schema of TABLES['examples']).
        encoder: for a probe, the card of its encoder.
        dataset: for a model that a run fits, the card of its dataset.
        demonstrations: per prompt that shows demonstrations, by name, what they are taken from.
        label_maps: for recorded outputs that name choices, what the cards of datasets say of them.
        surrogate: for demonstrations that are nearest to a text, the card of the one whose embedding says so.

    """

    project: Path
    parts: Parts
    device: str = "auto"
    train: pa.Table | None = None
    encoder: EncoderModel | None = None
    dataset: DatasetCard | None = None
    demonstrations: Mapping[str, Sequence[Demonstration]] = field(default_factory=dict)
    label_maps: Sequence[LabelMap] = ()
    surrogate: SurrogateCard | None = None


def required_prompt(card: ModelCard, prompt: PromptCard | None) -> PromptCard:
    """Return the prompt, checked to be one that the model takes.

    Raises:
        ModelError: there is none, or it is not one for this model.

    """
    where = f"model {card.name}"
    if prompt is None:
        raise ModelError("it needs a prompt", where=where, todo="write one for it")
    if refusal := card.refusal(prompt):
        raise ModelError(f"prompt {prompt.name}: {refusal}", where=where, todo="change the prompt, or the model")
    return prompt


class Model(Protocol):
    """A loaded model. The class that `kinds.KINDS` names makes it of its card and a ModelContext."""

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts, once per prompt: one `Answers` of n texts each, in the order of `prompts`.

        A model without prompts gets the one prompt None. All prompts come in one call, so that what they
        share (the encoded texts) is done once.

        Raises:
            ModelError: it cannot answer; names the model and the first text it is about.

        """


@runtime_checkable
class PaidModel(Model, Protocol):
    """A model whose answers are paid for, so that what they will take is told beforehand."""

    def spending(self, asked: Iterable[tuple[PromptCard | None, Sequence[Example]]]) -> Spending:
        """Return what the answers to the texts of each prompt will take, without those that are there; nothing is
        asked. A question that comes several times counts once."""


@runtime_checkable
class LedgerModel(Model, Protocol):
    """A model whose answers are on the disk one by one, so that some of the texts that it failed at are answered."""

    def answered(self, prompt: PromptCard | None, texts: Sequence[Example]) -> list[bool]:
        """Return of which of n texts there is an answer, without asking for one."""
