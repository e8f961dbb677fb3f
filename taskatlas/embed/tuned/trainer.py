"""Training many entities at once: one program over stacked parameters.

All entities share the texts and the frozen surrogate; only the tuned parameters, [K, ...], differ. `vmap` carries what
depends on them K-fold and computes the rest (embeddings, every layer below the first tuned one) once for all K.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.func import functional_call, vmap

from taskatlas import progress
from taskatlas.embed.tuned.batches import Pack, Rows, TokenisedTexts
from taskatlas.embed.tuned.readout import READOUTS, StackedOutputs, Tensors
from taskatlas.embed.tuned.schedule import Reading, Schedule
from taskatlas.embed.tuned.tunable import Tunable

HELD_OUT = 5
"""One of so many texts is held out where training stops early."""


@dataclass(frozen=True)
class TrainingJob:
    """One training of K entities: data, initial values and schedule.

    Attributes:
        tunable: the surrogate.
        start: the first value of every tuned parameter, by name.
        texts: the texts.
        outputs: their outputs on the texts.
        reading: how outputs are read.
        schedule: how long and how fast.
        seed: of the order of texts, and of the head.
    """

    tunable: Tunable
    start: Tensors
    texts: TokenisedTexts
    outputs: StackedOutputs
    reading: Reading
    schedule: Schedule
    seed: int

    @property
    def split(self) -> tuple[Rows, Rows]:
        """Indices of the texts that are learnt, and of those held out to stop early: int64."""
        order = np.random.default_rng(self.seed).permutation(len(self.texts))[: self.schedule.texts]
        held = len(order) // HELD_OUT if self.schedule.patience else 0
        return np.sort(order[held:]), np.sort(order[:held])

    def loss_of(self, pack: Pack, before: torch.Tensor) -> Callable[[Tensors, Tensors], torch.Tensor]:
        """Return a function from tuned parameters and head, [K, ...], to the loss of each entity summed over a pack,
        [K]."""
        readout, numeric = READOUTS[self.reading], self.outputs.numeric
        rows = torch.from_numpy(pack.rows).to(before.device)
        batch_outputs, batch_before = self.outputs.on(rows), before[rows]

        def one(tuned: Tensors, head: Tensors, outputs: Tensors) -> torch.Tensor:
            surrogate = partial(forward_with, self.tunable, tuned)
            return readout.losses(surrogate, head, pack.inputs, batch_before, outputs, numeric=numeric).sum()

        return lambda tuned, head: vmap(one)(tuned, head, batch_outputs)


@dataclass(frozen=True)
class TrainingResult:
    """Tuned parameters of K entities.

    Attributes:
        tuned: the tuned parameters, [K, ...] by name.
        head: what was trained along, [K, ...] by name.
        finite: whether every loss of an entity was a number, bool [K].
        before: the texts' vectors before tuning, [n, d]; see `pooled_before`.
    """

    tuned: Tensors
    head: Tensors
    finite: torch.Tensor
    before: torch.Tensor


def forward_with(tunable: Tunable, tuned: Tensors, *args: Any, **kwargs: Any) -> torch.Tensor:
    """Run the surrogate with these parameters; see `Tunable.forward`."""
    output: torch.Tensor = functional_call(tunable, tuned, args, kwargs)
    return output


def pooled_before(job: TrainingJob) -> torch.Tensor:
    """Return the texts' vectors before tuning, [n, d]; zeros where no text is learnt or held out."""
    learnt, held = job.split
    pooled = torch.zeros(len(job.texts), job.tunable.config.hidden_size, device=job.tunable.device)
    with torch.no_grad(), _precision(job.tunable):
        for pack in job.texts.packs(np.concatenate([learnt, held])):
            rows = torch.from_numpy(pack.rows).to(pooled.device)
            pooled[rows] = functional_call(job.tunable, job.start, (pack.inputs,)).float()
    return pooled


def train(job: TrainingJob) -> TrainingResult:
    """Train K entities from the same start; each as if it were alone."""
    count = len(job.outputs)
    before = pooled_before(job)
    tuned = {name: value.expand(count, *value.shape).clone().requires_grad_() for name, value in job.start.items()}
    head = READOUTS[job.reading].start(job.outputs, before.shape[1], job.seed)
    head = {name: value.requires_grad_() for name, value in head.items()}
    leaves = [*tuned.values(), *head.values()]
    optimizer = torch.optim.AdamW(leaves, lr=job.schedule.rate, weight_decay=0.0)
    learnt, held = job.split
    finite = torch.ones(count, dtype=torch.bool, device=before.device)
    best = Best(tuned, count) if len(held) else None
    for epoch in range(job.schedule.epochs):
        for step in job.texts.steps(learnt, job.schedule.batch, job.seed, epoch):
            optimizer.zero_grad()
            finite &= _gradients(job, step, before, tuned, head)
            _zero_gradients(leaves, ~finite)
            optimizer.step()
            progress.advance("train", count)
        if best and best.stops(_held_loss(job, held, before, tuned, head), tuned, job.schedule.patience):
            break
    kept = best.tuned if best else {name: value.detach() for name, value in tuned.items()}
    return TrainingResult(kept, {name: value.detach() for name, value in head.items()}, finite, before)


class Best:
    """Each entity's parameters where its loss on held-out texts was lowest."""

    def __init__(self, tuned: Mapping[str, torch.Tensor], count: int) -> None:
        self.tuned = {name: value.detach().clone() for name, value in tuned.items()}
        self._loss = torch.full((count,), torch.inf, device=next(iter(tuned.values())).device)
        self._since = torch.zeros_like(self._loss)

    def stops(self, loss: torch.Tensor, tuned: Mapping[str, torch.Tensor], patience: int) -> bool:
        """Keep what is better; return whether all entities have waited long enough. One that has waited is not looked
        at again, as it would have stopped there alone."""
        better = (loss < self._loss) & (self._since < patience)
        self._since = torch.where(better, 0.0, self._since + 1)
        self._loss = torch.where(better, loss, self._loss)
        for name, value in tuned.items():
            self.tuned[name][better] = value.detach()[better]
        return bool((self._since >= patience).all())


def _gradients(job: TrainingJob, step: list[Pack], before: torch.Tensor, tuned: Tensors, head: Tensors) -> torch.Tensor:
    """Add the gradient of a step's mean loss; return whether the loss of each entity is a number, bool [K]."""
    size, finite = sum(len(pack.rows) for pack in step), torch.ones(len(job.outputs), dtype=torch.bool)
    finite = finite.to(before.device)
    for pack in step:
        with _precision(job.tunable):
            losses = job.loss_of(pack, before)(tuned, head)
        torch.autograd.backward(losses.sum() / size)
        finite &= losses.detach().isfinite()
    return finite


def _held_loss(job: TrainingJob, held: Rows, before: torch.Tensor, tuned: Tensors, head: Tensors) -> torch.Tensor:
    """Return the mean loss of each entity on the held-out texts, [K]."""
    with torch.no_grad(), _precision(job.tunable):
        losses = [job.loss_of(pack, before)(tuned, head) for pack in job.texts.packs(held)]
    return torch.stack(losses).sum(dim=0) / len(held)


def _zero_gradients(leaves: list[torch.Tensor], broken: torch.Tensor) -> None:
    """Let entities whose loss is no number stay where they are, so that they cannot spoil others."""
    if broken.any():
        for leaf in leaves:
            if leaf.grad is not None:
                leaf.grad[broken] = 0.0


def _precision(tunable: Tunable) -> torch.autocast:
    """Use bf16 on a GPU that has it, else float32."""
    able = tunable.device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(tunable.device.type, dtype=torch.bfloat16, enabled=able)


def steps_of(n: int, schedule: Schedule) -> int:
    """Return the steps that a training over n texts takes at most."""
    n = min(n, schedule.texts or n)
    learnt = n - (n // HELD_OUT if schedule.patience else 0)
    return schedule.epochs * -(-learnt // schedule.batch)
