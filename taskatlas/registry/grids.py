"""Cards of encoders that name several layers or dimensions: one model of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from taskatlas.errors import CardError
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard

Members = Mapping[str, tuple[str, ...]]
"""Name of a card → names of its models."""


def models_of(cards: Mapping[str, ModelCard]) -> tuple[dict[str, ModelCard], Members, list[tuple[str, CardError]]]:
    """Return the models of all cards by name, sorted.

    Args:
        cards: of models, as they are written.

    Returns:
        The models; of cards with several the names of theirs; and for a card whose model is called as another card,
        its name and what is wrong.
    """
    models: dict[str, ModelCard] = {name: card for name, card in cards.items() if not _is_grid(card)}
    members: dict[str, tuple[str, ...]] = {}
    faults = []
    for name, card in cards.items():
        if not isinstance(card, EncoderModel) or not card.is_grid:
            continue
        grid = list(_members(card))
        members[name] = tuple(each.name for each in grid)
        for each in grid:
            if each.name in models:
                what = f"one of its models is called {each.name!r}, as another card is"
                faults.append((name, CardError(what, todo="rename one of the two cards")))
            models.setdefault(each.name, each)
    return dict(sorted(models.items())), members, faults


def prompts_for(prompts: Mapping[str, PromptCard], members: Members) -> dict[str, PromptCard]:
    """Return prompts, in which the name of a card of several models stands for all of them."""
    found = {}
    for name, card in prompts.items():
        named = [each for model in card.models for each in members.get(model, (model,))]
        found[name] = card.model_copy(update={"models": tuple(named)}) if len(named) > len(card.models) else card
    return found


def _is_grid(card: ModelCard) -> bool:
    return isinstance(card, EncoderModel) and card.is_grid


def _members(card: EncoderModel) -> Iterator[EncoderModel]:
    for layer in card.layers or (card.layer,):
        for dim in card.dims or (card.dim,):
            of_layer = f"-l{layer}" if card.layers else ""
            of_dim = f"-d{dim}" if card.dims else ""
            said = [f"layer {layer}"] * bool(card.layers) + [f"{dim} numbers"] * bool(card.dims)
            named = {"name": f"{card.name}{of_layer}{of_dim}", "description": f"{card.description}: {', '.join(said)}"}
            yield card.model_copy(update={**named, "layer": layer, "dim": dim, "dims": ()})
