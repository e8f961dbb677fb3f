"""`bitfit`: TuPaTE (Zhou et al. 2022, arXiv 2210.11705) with BitFit (Ben Zaken et al. 2022, arXiv 2106.10199)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from taskatlas.embed.tuned.method import TunedMethod

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.tunable import Tunable

IDLE = (".key.bias", ".k_proj.bias", ".k_lin.bias", ".attn.k.bias")
"""A key's bias moves all products of a query alike, so softmax does not see it: its gradient is rounding, which Adam
would blow up to full steps."""


@dataclass(frozen=True)
class BitFit(TunedMethod):
    """All biases above the embeddings but the keys'; they start as they are."""

    name: ClassVar[str] = "bitfit"

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:  # noqa: ARG002 - they are there
        """Return the surrogate's own biases."""
        biases = tunable.parameters_named(self.name, ".bias")
        return {name: value.clone() for name, value in biases.items() if not name.endswith(IDLE)}
