"""`prompt`: TuPaTE (Zhou et al. 2022, arXiv 2210.11705) with a soft prompt (Lester et al. 2021, arXiv 2104.08691)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas.embed.method import Setting
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import VIRTUAL, Presets

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable

VIRTUAL_TOKENS = 16


@dataclass(frozen=True)
class Prompt(TunedMethod):
    """P word vectors before the text's own; dim = P × width.

    The first values are word vectors of the surrogate, drawn at random. From random numbers of another size, which lie
    far off, training hardly moves the answers (Lester et al., section 3.2).
    """

    name: ClassVar[str] = "prompt"
    presets: ClassVar[Presets] = VIRTUAL

    @property
    def own_settings(self) -> dict[str, Setting]:
        """The number of virtual tokens."""
        return {"virtual_tokens": VIRTUAL_TOKENS}

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Add the parameter `soft_prompt` [P, width]."""
        import torch

        max_positions = tunable.encoder.max_positions
        if max_positions and max_positions < tunable.encoder.max_length + VIRTUAL_TOKENS:
            raise tunable.unsupported(
                self.name, f"it has places for {max_positions} tokens, and a text may have as many"
            )
        table = tunable.word_vectors()
        rows = np.random.default_rng(seed).choice(len(table), VIRTUAL_TOKENS, replace=len(table) < VIRTUAL_TOKENS)
        value = table[torch.from_numpy(rows).to(table.device)].clone()
        tunable.soft_prompt = torch.nn.Parameter(value.clone())
        return {"soft_prompt": value}
