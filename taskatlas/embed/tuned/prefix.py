"""`prefix`: TuPaTE with prefixes in every layer (Zhou et al. 2022, arXiv 2210.11705, after P-tuning v2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas.embed.basis import Array
from taskatlas.embed.method import Setting
from taskatlas.embed.tuned.method import Arrays, TunedMethod
from taskatlas.embed.tuned.schedule import VIRTUAL, Presets

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable

VIRTUAL_TOKENS = 16
"""As FUTE."""


@dataclass(frozen=True)
class Prefix(TunedMethod):
    """P keys and values before the text's own in every layer; dim = P × 2 × width, the mean over layers as in FUTE.

    The first values are drawn from N(0, 1), as peft's and P-tuning v2's.
    """

    name: ClassVar[str] = "prefix"
    presets: ClassVar[Presets] = VIRTUAL

    @property
    def own_settings(self) -> dict[str, Setting]:
        """The number of virtual tokens."""
        return {"virtual_tokens": VIRTUAL_TOKENS}

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Add a parameter `prefix` [2, heads, P, width / heads] to every attention."""
        import torch

        from taskatlas.embed.tuned.attention import PREFIX

        config = tunable.config
        heads = config.num_attention_heads
        width = getattr(config, "d_kv", None) or config.hidden_size // heads
        generator = np.random.default_rng(seed)
        start = {}
        for name, module in tunable.attentions(self.name).items():
            values = generator.normal(size=(2, heads, VIRTUAL_TOKENS, width)).astype(np.float32)
            start[f"{name}.{PREFIX}"] = torch.from_numpy(values).to(tunable.device)
            module.register_parameter(PREFIX, torch.nn.Parameter(start[f"{name}.{PREFIX}"].clone()))
        return start

    def flatten(self, change: Arrays) -> Array:
        """Return the mean over layers, float32 [2 · heads · P · width / heads]."""
        return np.asarray(np.mean([values.ravel() for values in change.values()], axis=0), np.float32)
