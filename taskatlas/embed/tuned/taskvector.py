"""`taskvector`: the change of all weights that fine-tuning makes (Ilharco et al. 2023, arXiv 2212.04089, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import WHOLE, Presets

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable


@dataclass(frozen=True)
class TaskVector(TunedMethod):
    """All weights and biases in the surrogate's layers; they start as they are. Word vectors stay: only those of words
    that an entity's texts hold would move, and they would tell texts apart in place of tasks."""

    name: ClassVar[str] = "taskvector"
    presets: ClassVar[Presets] = WHOLE

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:  # noqa: ARG002 - they are there
        """Return the surrogate's own weights and biases in its layers."""
        return {name: value.clone() for name, value in tunable.parameters_named(self.name, "").items()}

    def pinned(self, start: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:  # noqa: ARG002
        """Return nothing: the surrogate's weights are pinned by their SHA-256."""
        return {}
