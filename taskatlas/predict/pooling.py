"""From the states of a text's tokens to one vector, as the literature has it.

`mean` (Reimers and Gurevych 2019, arXiv 1908.10084), `cls`, the first token (Devlin et al. 2019, arXiv 1810.04805),
`max`, `last`, the last token, for decoders (Neelakantan et al. 2022, arXiv 2201.10005; with a prompt that asks for one
word PromptEOL, Jiang et al. 2023, arXiv 2307.16645), and `weighted_mean`, by the token's position (SGPT, Muennighoff
2022, arXiv 2202.08904).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Pool the states of each text's tokens into one vector.

    Args:
        states: of b texts, [b, T, d], padded at their ends.
        mask: int64 [b, T], 1 where a token counts; the first does, but of word vectors.
        pooling: see above.

    Returns:
        [b, d].
    """
    import torch

    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(states.shape[0], device=states.device), mask.sum(dim=1) - 1]
    if pooling == "max":
        return states.masked_fill(mask.unsqueeze(2) == 0, -torch.inf).amax(dim=1)
    weights = mask * torch.arange(1, mask.shape[1] + 1, device=mask.device) if pooling == "weighted_mean" else mask
    # a text may have no word that word vectors know
    share = (weights / weights.sum(dim=1, keepdim=True).clamp(min=1)).to(states.dtype)
    return torch.bmm(share.unsqueeze(1), states).squeeze(1)
