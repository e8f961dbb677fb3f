"""Token Prepending (Fu et al. 2024, arXiv 2412.11556): decoder-only models show a text's first tokens its end.

A placeholder token stands before the text. In front of the layers 2 to k, counted from 1, its state is replaced by the
state of the text's last token as the layer before left it, so that in spite of causal attention every token after the
placeholder sees what the whole text came to. Nothing is trained. The paper's code has k = 7 for Llama 2 of 7 and 13
billion weights, 3 for Llama 3 of 8, 6 for Qwen 2 of 7; its vector is the last token's state after a layer near the end,
27 of 32 or the last but one (`layer` on the card), for prompts that ask for one word.

The placeholder stands where a prompt or prefix has `<PST>`, and before a text that has none. Its own vector, which the
first layer gets, is random there and pinned here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from taskatlas.errors import ModelError
from taskatlas.predict.bidirectional import sees_ahead

if TYPE_CHECKING:
    import torch

PLACEHOLDER = "<PST>"


class _Batch(NamedTuple):
    """Where the texts of a batch have their placeholders, bool [b, T, 1], and their last tokens, int64 [b]."""

    holders: torch.Tensor
    last: torch.Tensor


class Prepending:
    """The change to one model."""

    def __init__(self, model: Any, tokenizer: Any, last_layer: int, where: str) -> None:
        """Give the model and its tokenizer the placeholder.

        Args:
            model: a decoder-only model of transformers, without a head; it is changed.
            tokenizer: its tokenizer; it is changed.
            last_layer: k.
            where: what the message of an error names.

        Raises:
            ModelError: it is not decoder-only, its layers cannot be found, or it has fewer than k.

        """
        layers = _layers(model)
        if sees_ahead(model) or not layers:
            message = f"prepending is for decoder-only models, and this one is of type {model.config.model_type}"
            raise ModelError(message, where=where, todo="leave prepending out on the card")
        if last_layer > len(layers):
            message = f"prepending {last_layer}: it has {len(layers)} layers"
            raise ModelError(message, where=where, todo="lower prepending on the card")
        tokenizer.add_tokens([PLACEHOLDER], special_tokens=True)
        self._token: int = tokenizer.convert_tokens_to_ids(PLACEHOLDER)
        _embed(model, self._token)
        # a model may be shared between threads, each with a batch of its own
        self._now: ContextVar[_Batch] = ContextVar("batch")
        for layer in layers[1:last_layer]:
            layer.register_forward_pre_hook(self._replace, with_kwargs=True)

    def marked(self, text: str) -> str:
        """Return the text with its placeholder."""
        return text if PLACEHOLDER in text else PLACEHOLDER + text

    @contextmanager
    def reading(self, inputs: dict[str, torch.Tensor]) -> Iterator[None]:
        """Make this batch, [b, T], padded at its end, the one that the model reads within the block."""
        holders = (inputs["input_ids"] == self._token).unsqueeze(2)
        reset = self._now.set(_Batch(holders, inputs["attention_mask"].sum(dim=1) - 1))
        try:
            yield
        finally:
            self._now.reset(reset)

    def _replace(self, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Replace the placeholders' states in a layer's first argument, its hidden states."""
        import torch

        states, batch = args[0], self._now.get()
        last_states = states[torch.arange(len(states), device=states.device), batch.last]
        return (torch.where(batch.holders, last_states.unsqueeze(1), states), *args[1:]), kwargs


def _layers(model: Any) -> list[Any]:
    """Return the layers of a model, the first one first; none where they cannot be found."""
    from torch import nn

    count = model.config.get_text_config().num_hidden_layers
    return next(
        (list(child) for child in model.children() if isinstance(child, nn.ModuleList) and len(child) == count), []
    )


def _embed(model: Any, token: int) -> None:
    """Give a new token a vector of normal random numbers, the same on every machine."""
    import torch

    rows, width = model.get_input_embeddings().weight.shape
    model.resize_token_embeddings(max(rows, token + 1), mean_resizing=False)
    vector = torch.randn(width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.get_input_embeddings().weight[token] = vector.to(model.device, model.dtype)
