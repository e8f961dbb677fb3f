"""`taskvector`: the change of all weights that fine-tuning makes (Ilharco et al. 2023, arXiv 2212.04089, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from taskatlas.embed.tuned.bitfit import IDLE
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import WHOLE, Presets

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable


@dataclass(frozen=True)
class TaskVector(TunedMethod):
    """All weights and biases in the surrogate's layers but the keys' biases; they start as they are. Word vectors stay:
    only those of words that an entity's texts hold would move, and tell texts apart in place of tasks."""

    name: ClassVar[str] = "taskvector"
    presets: ClassVar[Presets] = WHOLE

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:  # noqa: ARG002 - they are there
        """Return the surrogate's own weights and biases in its layers, but for those that only rounding would move."""
        weights = tunable.parameters_named(self.name, "")
        return {name: value.clone() for name, value in weights.items() if not name.endswith(IDLE)}

    def pinned(self, start: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:  # noqa: ARG002
        """Return nothing: the surrogate's weights are pinned by their SHA-256."""
        return {}
