"""Attention of decoder-only models in both directions, so that the first tokens see the last ones, too.

LLM2Vec (BehnamGhader et al. 2024, arXiv 2404.05961, section 2.1) takes the causal mask away and trains on; ULLME (Man
et al. 2024, arXiv 2408.03402) does so for further models. Here the mask is taken away and nothing is trained: the
weights are run as they are. A sliding window stays, and reaches as far ahead as back; padding stays masked.

transformers makes its masks from `config.is_causal`, and its kernels look at `is_causal` of the attention where no mask
is needed, so both are turned. That it worked is not believed but tried, on three tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskatlas.errors import ModelError

if TYPE_CHECKING:
    import torch

_KINDS = {"full_attention", "sliding_attention"}
"""Layers whose masks transformers makes in both directions."""


def see_both_ways(model: Any, where: str) -> None:
    """Remove the causal mask, so that every token attends to every other one.

    Args:
        model: a decoder-only model of transformers, without a head; it is changed.
        where: what the message of an error names.

    Raises:
        ModelError: its tokens see ahead already, or not all of its layers can.

    """
    if sees_ahead(model):
        raise ModelError(
            "attention: bidirectional is for decoder-only models, and its tokens see ahead already",
            where=where,
            todo="leave attention out on the card",
        )
    config = model.config.get_text_config()
    causal_modules = [module for module in model.modules() if getattr(module, "is_causal", False) is True]
    supported = set(getattr(config, "layer_types", None) or ()) <= _KINDS
    if supported and len(causal_modules) == config.num_hidden_layers:
        for owner in (model.config, config, *causal_modules):
            owner.is_causal = False
    if not sees_ahead(model):
        raise ModelError(
            f"attention: bidirectional is not possible with models of type {config.model_type}",
            where=where,
            todo="leave attention out on the card, or use another model",
        )


def sees_ahead(model: Any) -> bool:
    """Return whether the first token's state after the first layer changes with the last of three tokens."""
    return not _first(model, 2).equal(_first(model, 3))


def _first(model: Any, last: int) -> torch.Tensor:
    """Return the first token's state after the first layer, [d], of a text that ends with this token."""
    import torch

    with torch.inference_mode():
        tokens = torch.tensor([[1, 1, last]], device=model.device)
        states: torch.Tensor = model(input_ids=tokens, output_hidden_states=True).hidden_states[1]
    return states[0, 0]
