"""`lora`: TuPaTE with low-rank adapters (Hu et al. 2022, arXiv 2106.09685), put in by peft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas.embed.method import Setting
from taskatlas.embed.tuned.method import TunedMethod

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable

RANK, ALPHA = 8, 16
_TARGETS = {"modernbert": ["Wqkv"], "distilbert": ["q_lin", "v_lin"], "mpnet": ["q", "v"]}
"""What is adapted in the kinds of encoder that peft has no choice for."""


@dataclass(frozen=True)
class Lora(TunedMethod):
    """Rank-8 adapters of queries and values in every layer, α = 16; A starts as random numbers, B as zeros."""

    name: ClassVar[str] = "lora"

    @property
    def own_settings(self) -> dict[str, Setting]:
        """Rank and scale."""
        return {"rank": RANK, "alpha": ALPHA}

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Add peft's parameters `lora_A` [r, in] and `lora_B` [out, r] to every adapted product."""
        import torch
        from peft import LoraConfig, inject_adapter_in_model
        from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

        kind = tunable.config.model_type
        targets = list(KNOWN.get(kind) or _TARGETS.get(kind) or ())
        if not targets:
            raise tunable.unsupported(self.name, "peft does not know the names of its query and value modules")
        try:
            inject_adapter_in_model(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets), tunable.module)
        except ValueError as error:
            raise tunable.unsupported(self.name, f"it has no modules {' and '.join(targets)}") from error
        generator = np.random.default_rng(seed)
        start = {}
        for name, value in sorted(tunable.named_parameters()):
            if ".lora_A." in name:
                bound = 1.0 / np.sqrt(value.shape[1])  # Kaiming's uniform distribution with a = √5, as peft draws it
                drawn = generator.uniform(-bound, bound, value.shape).astype(np.float32)
                start[name] = torch.from_numpy(drawn).to(tunable.device)
            elif ".lora_B." in name:
                start[name] = torch.zeros_like(value)
        return start
