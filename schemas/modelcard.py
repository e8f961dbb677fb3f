"""What the card of every kind of model has.

A file of its own, as kinds that have much to say on their cards have theirs in files of their own, too.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from taskatlas.schemas.cards import Card, LabelMapping, LanguageTag, Line, Name
from taskatlas.schemas.prompts import PromptCard


class Fit(NamedTuple):
    """By what a run fits a model.

    Attributes:
        dataset: the name of the dataset whose train split it is fitted on.
        holdout: the share of that split which it is not fitted on.
    """

    dataset: str
    holdout: float


class ModelCard(Card):
    """What every model card has.

    `families` and `datasets` say what a model without prompts is meant for: it answers their test splits, too.
    """

    kind: str
    families: tuple[Line, ...] = ()
    datasets: tuple[Name, ...] = ()
    mapping: LabelMapping = Field(default_factory=dict)
    language: LanguageTag | None = None
    """What it reads; it changes no answer."""

    takes_prompts: ClassVar[bool] = False
    shows_demonstrations: ClassVar[bool] = False
    """Whether prompts with demonstrations are for it."""
    asks_twice: ClassVar[bool] = False
    """Whether prompts with a followup are for it, as it writes what the followup shows."""
    computes_here: ClassVar[bool] = True
    """Whether this machine does its work; where another one does, it leaves the accelerator to others."""
    looks_up: ClassVar[bool] = False
    """Whether its answers are there already, and are found by the text."""
    operation: ClassVar[frozenset[str]] = frozenset()
    """Fields of the kind that say where and how it computes or is reached, and change none of its answers."""

    @property
    def writes(self) -> bool:
        """Whether it answers prompts freely, so that they need no choices."""
        return False

    @property
    def fit(self) -> Fit | None:
        """By what the run itself fits it; None of what is fitted already."""
        return None

    def refusal(self, prompt: PromptCard) -> str | None:
        """Why a model that takes prompts cannot be asked by this one; None where it can."""
        if not (prompt.choices or self.writes):
            return f"it has no choices, and the model {self.name} chooses"
        if prompt.demonstrations and not self.shows_demonstrations:
            return f"it shows demonstrations, and the model {self.name} is no language model"
        if prompt.followup and not self.asks_twice:
            return f"it has a followup, and the model {self.name} writes no first answer"
        return None

    @property
    def pinned(self) -> tuple[str | None, str | None]:
        """Revision and SHA-256 of what answers, as far as it has them."""
        held = getattr(self, "weights", self)
        return getattr(held, "revision", None), getattr(held, "sha256", None)

    @property
    def content(self) -> dict[str, Any]:
        """The fields of the kind that change its answers, JSON-serialisable. Where a SHA-256 says which file it is, its
        source and revision do not count. What a card leaves out (None) does not count either, so that a kind can get
        further optional fields and its cards keep their ids."""
        own = self.model_dump(mode="json", exclude=set(ModelCard.model_fields) | self.operation)
        return {name: _counted(value) for name, value in own.items() if value is not None}


def _counted(value: Any) -> Any:
    if isinstance(value, list):
        return [_counted(each) for each in value]
    if isinstance(value, dict) and "sha256" not in value:
        return {name: _counted(each) for name, each in value.items()}
    if not isinstance(value, dict) or "sha256" not in value:
        return value
    location = {"source", "revision", "file"} if value["sha256"] else set()
    return {name: each for name, each in value.items() if name not in location and each is not None}
