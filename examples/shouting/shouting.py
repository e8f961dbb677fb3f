"""A kind of model of one's own: `kind: shouting` on a card, once this package is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from taskatlas import Answers, Example, Kind, ModelCard, ModelContext, PromptCard, from_probabilities


class ShoutingModel(ModelCard):
    """Texts are calm or shouted."""

    kind: Literal["shouting"]
    labels: tuple[Literal["calm"], Literal["shouted"]] = ("calm", "shouted")
    share: float = Field(default=0.5, gt=0, lt=1)
    """Share of capitals at which both are equally likely."""


class Shouting:
    """The more of a text's letters are capitals, the more likely it is shouted."""

    def __init__(self, card: ShoutingModel, context: ModelContext) -> None:  # noqa: ARG002 - every kind takes both
        self._card = card

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """The same answers for every prompt."""
        shouted = [self._shouted(example.text) for example in texts]
        rows = [[1.0 - likely, likely] for likely in shouted]
        return [from_probabilities(self._card.labels, rows)] * len(prompts)

    def _shouted(self, text: str) -> float:
        letters = [letter for letter in text if letter.isalpha()]
        share = sum(letter.isupper() for letter in letters) / max(1, len(letters))
        return min(1.0, 0.5 * share / self._card.share)


KIND = Kind(card=ShoutingModel, load=Shouting)
