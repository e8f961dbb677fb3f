"""One step after another: AdamW over the stacked parameters of K entities, each as if it were alone."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from taskatlas.embed.tuned.schedule import Schedule

_EPSILON = 1e-6
"""Added to a norm, as torch does where it clips."""


class Descent:
    """AdamW, with what FUTE's released code adds to it where the schedule says so: weight decay, gradients of bounded
    norm, and a rate that rises and falls."""

    def __init__(self, leaves: Mapping[str, torch.Tensor], schedule: Schedule, steps: int) -> None:
        """Prepare.

        Args:
            leaves: what is learnt, [K, ...] by name.
            schedule: how fast.
            steps: how many steps there will be at most.
        """
        self._leaves, self._released = [*leaves.values()], schedule.released
        decay = self._released.decay if self._released else 0.0
        groups = [
            {"params": [leaf for name, leaf in leaves.items() if not name.endswith("bias")], "weight_decay": decay},
            {"params": [leaf for name, leaf in leaves.items() if name.endswith("bias")], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=schedule.rate)
        self._rates = self._released and _warmed(self.optimizer, self._released.warmup, steps + 1)

    def step(self, broken: torch.Tensor) -> None:
        """Take one step; entities of which `broken`, bool [K], says that their loss is no number stay where they are,
        so that they cannot spoil others."""
        gradients = [leaf.grad for leaf in self._leaves if leaf.grad is not None]
        if broken.any():
            for gradient in gradients:
                gradient[broken] = 0.0
        if self._released:
            _clip(gradients, self._released.clip)
        self.optimizer.step()
        if self._rates:
            self._rates.step()


def _warmed(optimizer: torch.optim.Optimizer, warmup: float, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    from transformers import get_linear_schedule_with_warmup

    rates: torch.optim.lr_scheduler.LRScheduler = get_linear_schedule_with_warmup(  # type: ignore[no-untyped-call]
        optimizer, int(steps * warmup), steps
    )
    return rates


def _clip(gradients: list[torch.Tensor], most: float) -> None:
    """Scale the gradient of each entity, [K, ...] in parts, to this norm where its own is larger."""
    squares = torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients]).sum(dim=0)
    scale = (most / (squares.sqrt() + _EPSILON)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))
