"""What the card of every kind of model has.

A file of its own, as kinds that have much to say on their cards have theirs in files of their own, too.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from schemas.cards import Card, LabelMapping, Line, Name


class ModelCard(Card):
    """What every model card has.

    `families` and `datasets` say what a model without prompts is meant for: it answers their test splits, too.
    """

    kind: str
    families: tuple[Line, ...] = ()
    datasets: tuple[Name, ...] = ()
    mapping: LabelMapping = Field(default_factory=dict)

    takes_prompts: ClassVar[bool] = False

    @property
    def writes(self) -> bool:
        """Whether it answers prompts freely, so that they need no choices."""
        return False

    @property
    def pinned(self) -> tuple[str | None, str | None]:
        """Revision and SHA-256 of what answers, as far as it has them."""
        held = getattr(self, "weights", self)
        return getattr(held, "revision", None), getattr(held, "sha256", None)

    @property
    def content(self) -> dict[str, Any]:
        """The fields of the kind, JSON-serialisable: what changes the answers. Where a SHA-256 says which file it is,
        its source and revision do not count."""
        own = self.model_dump(mode="json", exclude=set(ModelCard.model_fields))
        return {name: _without_place(value) for name, value in own.items()}


def _without_place(value: Any) -> Any:
    if isinstance(value, dict) and value.get("sha256"):
        return {name: each for name, each in value.items() if name not in {"source", "revision"}}
    return value
