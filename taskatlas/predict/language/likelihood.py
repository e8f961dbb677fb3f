"""The log-likelihood of texts as tokens, of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

NO_TOKEN = -100
"""Where a text has ended."""


def pad_tokens(texts: Sequence[Sequence[int]], device: str) -> torch.Tensor:
    """Return tokens of texts as int64 [b, longest], filled with NO_TOKEN."""
    longest = max(map(len, texts))
    rows = [[*text, *[NO_TOKEN] * (longest - len(text))] for text in texts]
    return torch.tensor(rows, dtype=torch.int64, device=device)


def likelihood_of(logits: torch.Tensor, tokens: torch.Tensor, rows: Sequence[int] | None = None) -> torch.Tensor:
    """Sum the log-likelihood of tokens int64 [b, L], filled with NO_TOKEN, from logits [n, L, V]: float32 [b].

    Args:
        logits: of n texts.
        tokens: of b texts.
        rows: for each of the b texts its index among the n; None where they are the same ones.
    """
    row = torch.arange(len(tokens)) if rows is None else torch.tensor(rows)
    column = torch.arange(tokens.shape[1], device=tokens.device)
    likely = functional.log_softmax(logits.float(), dim=-1)[row.to(tokens.device)[:, None], column, tokens.clamp(min=0)]
    return likely.masked_fill(tokens == NO_TOKEN, 0.0).sum(dim=1)
