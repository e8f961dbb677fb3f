"""The surrogate's attention, with room for prefixes.

Every encoder of transformers (BERT, RoBERTa, ModernBERT, T5, ...) calls its attention through one interface, so one
function puts a prefix into all of them. It is written out because torch has no batching rule for its fused attention
on CPU, and runs slower under `vmap` than these products: docs/decisions/0012-measured-constants.md.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

NAME = "taskatlas"
PREFIX = "prefix"
DROPOUT = "prefix_dropout"
BIAS = "prefix_bias"


def attend(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    position_bias: torch.Tensor | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Compute softmax attention; keys and values start with the module's prefix where it has one.

    Args:
        module: the attention module; its parameter `prefix`, [2, heads, P, width], holds P keys and P values that
            stand before the text's own (Li and Liang 2021, arXiv 2101.00190; in every layer as in P-tuning v2, Liu et
            al. 2022, arXiv 2110.07602). Rotary and relative positions do not reach them, unless its attribute
            `prefix_bias` gives what is added to their products, T and P → [1, heads, T, P]. A share `prefix_dropout`
            of them is dropped for each text while it trains. A prefix may hold more than keys and values, which
            nothing reads.
        query: [b, heads, T, width].
        key: likewise, or of a fraction of the heads, each of which stands for several that follow each other.
        value: likewise.
        attention_mask: what is added to the products, [b, 1, T or 1, T].
        scaling: factor of the products; 1 / √width where none is given.
        position_bias: T5's relative positions, [1, heads, T, T].
        dropout: the share of weights that are dropped.

    Returns:
        [b, T, heads, width], and None for the weights.
    """
    if key.shape[1] != query.shape[1]:  # heads that share keys, as decoders have them
        shared = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    prefix = getattr(module, PREFIX, None)
    if prefix is not None:
        own = prefix[:2, None].expand(-1, len(key), -1, -1, -1)
        own = functional.dropout(own, getattr(module, DROPOUT, 0.0), module.training)
        key, value = torch.cat([own[0], key], dim=2), torch.cat([own[1], value], dim=2)
        room = (prefix.shape[2], 0)
        attention_mask = None if attention_mask is None else functional.pad(attention_mask, room)
        if position_bias is not None:
            bias = getattr(module, BIAS, None)
            unbiased = position_bias.new_zeros(*position_bias.shape[:3], room[0])
            position_bias = torch.cat([bias(query.shape[2], room[0]) if bias else unbiased, position_bias], dim=3)
    products = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    for added in (position_bias, attention_mask):
        products = products if added is None else products + added
    weights = functional.dropout(products.softmax(dim=-1), dropout, module.training)
    return (weights @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, eager_mask)
