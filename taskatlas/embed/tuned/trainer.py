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
from taskatlas.embed.tuned.batches import Pack, Rows, Texts
from taskatlas.embed.tuned.readout import READOUTS, Answers, Tensors
from taskatlas.embed.tuned.schedule import Reading, Schedule
from taskatlas.embed.tuned.tunable import Tunable

HELD_OUT = 5
"""One of so many texts is held out where training stops early."""


@dataclass(frozen=True)
class Lesson:
    """What K entities learn, and how.

    Attributes:
        tunable: the surrogate.
        start: the first value of every tuned parameter, by name.
        texts: the texts.
        answers: their outputs on the texts.
        reading: how outputs are read.
        schedule: how long and how fast.
        seed: of the order of texts, and of the head.
    """

    tunable: Tunable
    start: Tensors
    texts: Texts
    answers: Answers
    reading: Reading
    schedule: Schedule
    seed: int

    @property
    def split(self) -> tuple[Rows, Rows]:
        """The places of the texts that are learnt, and of those held out to stop early."""
        order = np.random.default_rng(self.seed).permutation(len(self.texts))[: self.schedule.texts]
        held = len(order) // HELD_OUT if self.schedule.patience else 0
        return np.sort(order[held:]), np.sort(order[:held])

    def loss_of(self, pack: Pack, before: torch.Tensor) -> Callable[[Tensors, Tensors], torch.Tensor]:
        """Tuned parameters and head, [K, ...] → the loss of each entity summed over a pack, [K]."""
        readout, numeric = READOUTS[self.reading], self.answers.numeric
        rows = torch.from_numpy(pack.rows).to(before.device)
        some, first = self.answers.on(rows), before[rows]

        def one(tuned: Tensors, head: Tensors, answers: Tensors) -> torch.Tensor:
            surrogate = partial(called, self.tunable, tuned)
            return readout.losses(surrogate, head, pack.inputs, first, answers, numeric=numeric).sum()

        return lambda tuned, head: vmap(one)(tuned, head, some)


@dataclass(frozen=True)
class Trained:
    """What K entities learnt.

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


def called(tunable: Tunable, tuned: Tensors, *given: Any, **named: Any) -> torch.Tensor:
    """What a surrogate gives with these parameters; see `Tunable.forward`."""
    found: torch.Tensor = functional_call(tunable, tuned, given, named)
    return found


def pooled_before(lesson: Lesson) -> torch.Tensor:
    """The texts' vectors before tuning, [n, d]; zeros where no text is learnt or held out."""
    learnt, held = lesson.split
    found = torch.zeros(len(lesson.texts), lesson.tunable.config.hidden_size, device=lesson.tunable.device)
    with torch.no_grad(), _precision(lesson.tunable):
        for pack in lesson.texts.packs(np.concatenate([learnt, held])):
            rows = torch.from_numpy(pack.rows).to(found.device)
            found[rows] = functional_call(lesson.tunable, lesson.start, (pack.inputs,)).float()
    return found


def train(lesson: Lesson) -> Trained:
    """Train K entities from the same start; each as if it were alone."""
    count = len(lesson.answers)
    before = pooled_before(lesson)
    tuned = {name: value.expand(count, *value.shape).clone().requires_grad_() for name, value in lesson.start.items()}
    head = READOUTS[lesson.reading].start(lesson.answers, before.shape[1], lesson.seed)
    head = {name: value.requires_grad_() for name, value in head.items()}
    leaves = [*tuned.values(), *head.values()]
    optimizer = torch.optim.AdamW(leaves, lr=lesson.schedule.rate, weight_decay=0.0)
    learnt, held = lesson.split
    finite = torch.ones(count, dtype=torch.bool, device=before.device)
    best = Best(tuned, count) if len(held) else None
    for epoch in range(lesson.schedule.epochs):
        for step in lesson.texts.steps(learnt, lesson.schedule.batch, lesson.seed, epoch):
            optimizer.zero_grad()
            finite &= _gradients(lesson, step, before, tuned, head)
            _still(leaves, ~finite)
            optimizer.step()
            progress.advance("train", count)
        if best and best.stops(_held_loss(lesson, held, before, tuned, head), tuned, lesson.schedule.patience):
            break
    kept = best.tuned if best else {name: value.detach() for name, value in tuned.items()}
    return Trained(kept, {name: value.detach() for name, value in head.items()}, finite, before)


class Best:
    """Each entity's parameters where its loss on held-out texts was lowest."""

    def __init__(self, tuned: Mapping[str, torch.Tensor], count: int) -> None:
        self.tuned = {name: value.detach().clone() for name, value in tuned.items()}
        self._loss = torch.full((count,), torch.inf, device=next(iter(tuned.values())).device)
        self._since = torch.zeros_like(self._loss)

    def stops(self, loss: torch.Tensor, tuned: Mapping[str, torch.Tensor], patience: int) -> bool:
        """Keep what is better; whether all entities have waited long enough. One that has waited is not looked at
        again, as it would have stopped there alone."""
        better = (loss < self._loss) & (self._since < patience)
        self._since = torch.where(better, 0.0, self._since + 1)
        self._loss = torch.where(better, loss, self._loss)
        for name, value in tuned.items():
            self.tuned[name][better] = value.detach()[better]
        return bool((self._since >= patience).all())


def _gradients(lesson: Lesson, step: list[Pack], before: torch.Tensor, tuned: Tensors, head: Tensors) -> torch.Tensor:
    """Add the gradient of a step's mean loss; whether the loss of each entity is a number, bool [K]."""
    size, finite = sum(len(pack.rows) for pack in step), torch.ones(len(lesson.answers), dtype=torch.bool)
    finite = finite.to(before.device)
    for pack in step:
        with _precision(lesson.tunable):
            found = lesson.loss_of(pack, before)(tuned, head)
        torch.autograd.backward(found.sum() / size)
        finite &= found.detach().isfinite()
    return finite


def _held_loss(lesson: Lesson, held: Rows, before: torch.Tensor, tuned: Tensors, head: Tensors) -> torch.Tensor:
    """The mean loss of each entity on the held-out texts, [K]."""
    with torch.no_grad(), _precision(lesson.tunable):
        found = [lesson.loss_of(pack, before)(tuned, head) for pack in lesson.texts.packs(held)]
    return torch.stack(found).sum(dim=0) / len(held)


def _still(leaves: list[torch.Tensor], broken: torch.Tensor) -> None:
    """Let entities whose loss is no number stay where they are, so that they cannot spoil others."""
    if broken.any():
        for leaf in leaves:
            if leaf.grad is not None:
                leaf.grad[broken] = 0.0


def _precision(tunable: Tunable) -> torch.autocast:
    """bf16 on a GPU that has it, else float32."""
    able = tunable.device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(tunable.device.type, dtype=torch.bfloat16, enabled=able)


def steps_of(n: int, schedule: Schedule) -> int:
    """Steps that a training over n texts takes at most."""
    n = min(n, schedule.texts or n)
    learnt = n - (n // HELD_OUT if schedule.patience else 0)
    return schedule.epochs * -(-learnt // schedule.batch)
