"""`prefix`: TuPaTE with prefixes in every layer (Zhou et al. 2022, arXiv 2210.11705, after P-tuning v2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from taskatlas.embed.basis import Array
from taskatlas.embed.method import Setting
from taskatlas.embed.tuned.method import Arrays, TunedMethod
from taskatlas.embed.tuned.schedule import PREFIX, Presets, ReleasedTraining

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable

VIRTUAL_TOKENS = 16
"""As FUTE."""


@dataclass(frozen=True)
class Prefix(TunedMethod):
    """P keys and values before the text's own in every layer; dim = P × 2 × width, the mean over layers as in FUTE.

    The first values are drawn from N(0, 1), as peft's and P-tuning v2's. In the preset `fute` they are small, texts
    begin at position P, and of T5 they stand in the decoder, with as many numbers again for its attention to the
    encoder: these are part of the vector, and the released code never reads them.
    """

    name: ClassVar[str] = "prefix"
    presets: ClassVar[Presets] = PREFIX
    in_fute: ClassVar[bool] = True

    @property
    def own_settings(self) -> dict[str, Setting]:
        """The number of virtual tokens."""
        return {"virtual_tokens": VIRTUAL_TOKENS}

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Add a parameter `prefix` [2 or 4, heads, P, width / heads] to every attention, or to every one of the
        decoder's to itself."""
        import torch

        from taskatlas.embed.tuned import attention

        config, modules = tunable.config, tunable.attentions(self.name)
        if self.released:
            modules = self._as_released(tunable, modules)
        heads = config.num_attention_heads
        width = getattr(config, "d_kv", None) or getattr(config, "head_dim", None) or config.hidden_size // heads
        parts = 4 if self._in_decoder(tunable) else 2
        generator = np.random.default_rng(seed)
        start = {}
        for name, module in modules.items():
            values = self._drawn(generator, (parts, heads, VIRTUAL_TOKENS, width))
            start[f"{name}.{attention.PREFIX}"] = torch.from_numpy(values).to(tunable.device)
            module.register_parameter(attention.PREFIX, torch.nn.Parameter(start[f"{name}.{attention.PREFIX}"].clone()))
        return start

    def _in_decoder(self, tunable: Tunable) -> bool:
        is_classifier = self.reading == "sequence_classifier"
        return self.released and is_classifier and bool(tunable.config.is_encoder_decoder)

    def _as_released(self, tunable: Tunable, modules: dict[str, torch.nn.Module]) -> dict[str, torch.nn.Module]:
        """Prepare the modules that get a prefix, and return them."""
        from taskatlas.embed.tuned.attention import BIAS, DROPOUT

        released = self.presets.subjects[self.tuning.preset].released or ReleasedTraining()
        if self._in_decoder(tunable):
            modules = {name: module for name, module in modules.items() if module.is_causal}
            with_bias: Any = next(module for module in modules.values() if module.has_relative_attention_bias)
            for module in modules.values():
                setattr(module, BIAS, partial(_prefix_bias, with_bias.compute_bias))
        else:
            tunable.begin_at(VIRTUAL_TOKENS, self.name)
        for module in modules.values():
            setattr(module, DROPOUT, released.dropout)
        return modules

    def _drawn(self, generator: np.random.Generator, shape: tuple[int, int, int, int]) -> Array:
        """Draw first values; Xavier's uniform distribution (Glorot and Bengio 2010, equation 16) over all numbers, as
        the released code draws them, or normal ones."""
        if not self.released:
            return generator.normal(size=shape).astype(np.float32)
        bound = (6.0 / ((shape[0] + shape[1]) * shape[2] * shape[3])) ** 0.5
        return generator.uniform(-bound, bound, shape).astype(np.float32)

    def flatten(self, change: Arrays) -> Array:
        """Return the mean over layers, float32 [2 or 4 · heads · P · width / heads]."""
        return np.asarray(np.mean([values.ravel() for values in change.values()], axis=0), np.float32)


def _prefix_bias(compute_bias: Callable[..., torch.Tensor], length: int, virtual: int) -> torch.Tensor:
    """Return what T5 adds to the products of a text's T tokens with P virtual ones before it, [1, heads, T, P]."""
    return compute_bias(length, virtual + length, past_seen_tokens=virtual)[..., :virtual]
