"""The kinds of model. A new kind is one file here, one line in `KINDS`, and its card in `schemas.models`; or a package
of its own, see `plugins`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskatlas.errors import ModelError, did_you_mean
from taskatlas.predict import plugins
from taskatlas.predict.kinds.classifier import Classifier
from taskatlas.predict.kinds.encoder import ZeroShot
from taskatlas.predict.kinds.endpoint import Endpoint
from taskatlas.predict.kinds.function import Function
from taskatlas.predict.kinds.language import Language
from taskatlas.predict.kinds.merge import Merge
from taskatlas.predict.kinds.probe import Probe
from taskatlas.predict.kinds.recorded import Recorded
from taskatlas.predict.kinds.span import Span
from taskatlas.predict.model import Model, ModelContext
from taskatlas.schemas.modelcard import ModelCard

KINDS: Mapping[str, Callable[[Any, ModelContext], Model]] = {
    "encoder": ZeroShot,
    "probe": Probe,
    "callable": Function,
    "recorded": Recorded,
    "classifier": Classifier,
    "merge": Merge,
    "span": Span,
    "causal": Language,
    "seq2seq": Language,
    "vllm": Language,
    "endpoint": Endpoint,
}
"""A card's kind → the class of the model; it takes the card and a ModelContext."""


def load_model(card: ModelCard, context: ModelContext) -> Model:
    """Load the model of a card, ready to answer.

    Raises:
        ModelError: there is no such kind, or the model cannot be loaded.

    """
    if card.kind in KINDS:
        return KINDS[card.kind](card, context)
    brought = plugins.kind_of(card.kind)
    if brought is None:
        todo = did_you_mean(card.kind, [*KINDS, *plugins.BROUGHT.names()])
        raise ModelError(f"there is no kind {card.kind!r}", where=f"model {card.name}", todo=todo)
    model: Model = brought.load(card, context)
    return model
