"""How texts are encoded, as the cards of the surrogate and of models of kind encoder say it: one set of fields."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from taskatlas.schemas.cards import Card, LanguageTag, Weights

_Prefix = Annotated[str, StringConstraints(max_length=2_000)]
_Index = Annotated[int, Field(ge=-200, le=200)]
Layer = int | tuple[int, ...]
"""One layer, or several that are averaged."""


class EncodingCard(Card):
    """What every card of a text encoder has."""

    entry: ClassVar[str] = "model"
    """What messages call it."""

    weights: Weights
    layer: _Index | Annotated[tuple[_Index, ...], Field(max_length=100)] = -1
    """Whose output is pooled: 0 the embeddings', 1 the first layer's, -1 the last one's; of a list the mean."""
    dim: int | None = Field(default=None, ge=1)
    """So many of its first numbers count; of encoders made for it (2D Matryoshka, Li et al. 2024, arXiv 2402.14776)."""
    prefix: _Prefix = ""
    """What the model wants before every input, after the prompt has been rendered; before a probe's texts, too."""
    answer_prefix: _Prefix = ""
    """What it wants before every answer text; of the surrogate before every output text."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where the device is faster at it, else float32. A model is the same with auto and float32: what it
    answers differs by rounding only. float32 is for an encoder with the surrogate's weights: what one of them has
    encoded the other need not."""
    attention: Literal["as_trained", "bidirectional"] = "as_trained"
    """bidirectional: tokens of a decoder-only model see those after them, too (LLM2Vec, BehnamGhader et al. 2024, arXiv
    2404.05961), as models that were trained on so want it."""
    adapter: Weights | None = None
    """A PEFT adapter on the weights."""
    prepending: int | None = Field(default=None, ge=2, le=200)
    """Of decoder-only models: up to this layer, counted from 1, what a text's last token holds is shown to its first
    ones (Token Prepending, Fu et al. 2024, arXiv 2412.11556); with `pooling: last`."""

    @field_validator("layer")
    @classmethod
    def _averages_several(cls, layer: Layer) -> Layer:
        if isinstance(layer, tuple) and len(set(layer)) < max(2, len(layer)):
            raise ValueError("a list averages two layers or more, each once; write one as a number, layer: -1")
        return layer

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        if self.prepending and self.attention == "bidirectional":
            raise ValueError(
                "prepending is for attention as trained: tokens that see all need none; leave one of them out"
            )
        if self.prepending and self.weights.pooling != "last":
            raise ValueError("prepending needs pooling: last on the weights")
        return self


class SurrogateCard(EncodingCard):
    """The one frozen base model in which everything is embedded.

    Methods that read all layers read those up to `layer`, in whose place stands what it says.
    """

    entry: ClassVar[str] = "surrogate"
    later: ClassVar[frozenset[str]] = Card.later | EncodingCard.model_fields.keys() - {"weights", *Card.model_fields}

    precision: Literal["float32", "bfloat16"] = "float32"
    """Never auto: what it encodes is compared over years and machines."""
    language: LanguageTag | None = None
    """What it was trained to read."""

    @field_validator("adapter")
    @classmethod
    def _is_whole(cls, adapter: Weights | None) -> Weights | None:
        """Methods that tune it begin at its weights."""
        if adapter is not None:
            raise ValueError("a surrogate takes no adapter: merge it into the weights, and name these")
        return adapter
