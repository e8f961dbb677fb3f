"""Training many entities at once: one program over stacked parameters.

All entities share the texts and the frozen surrogate; only the tuned parameters, [K, ...], differ. `vmap` carries what
depends on them K-fold and computes the rest (embeddings, every layer below the first tuned one) once for all K.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.func import functional_call, vmap

from taskatlas import progress
from taskatlas.embed.tuned.batches import Pack, Rows, TokenisedTexts
from taskatlas.embed.tuned.descent import Descent
from taskatlas.embed.tuned.readout import READOUTS, SequenceClassifier, StackedOutputs, Tensors
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

        # the same is dropped for all, as if each were alone
        return lambda tuned, head: vmap(one, randomness="same")(tuned, head, batch_outputs)

    def missed_of(self, pack: Pack) -> Callable[[Tensors, Tensors], torch.Tensor]:
        """Return a function from tuned parameters and head, [K, ...], to how many texts of a pack each entity answers
        otherwise, [K]; of numbers the sum of squared differences."""
        classifier, numeric = SequenceClassifier(), self.outputs.numeric
        batch_outputs = self.outputs.on(torch.from_numpy(pack.rows).to(self.tunable.device))

        def one(tuned: Tensors, head: Tensors, outputs: Tensors) -> torch.Tensor:
            surrogate = partial(forward_with, self.tunable, tuned)
            return classifier.missed(surrogate, head, pack.inputs, outputs, numeric=numeric).sum()

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


def forward_with(
    tunable: Tunable, tuned: Tensors, *args: Any, head: Mapping[str, torch.Tensor] | None = None, **kwargs: Any
) -> torch.Tensor:
    """Run the surrogate with these parameters, and those of its own head where it has one; see `Tunable.forward`."""
    output: torch.Tensor = functional_call(tunable, {**tuned, **(head or {})}, args, kwargs)
    return output


def pooled_before(job: TrainingJob) -> torch.Tensor:
    """Return the texts' vectors before tuning, [n, d]; zeros where no text is learnt or held out, or where the reading
    looks at none of them."""
    learnt, held = job.split
    pooled = torch.zeros(len(job.texts), job.tunable.config.hidden_size, device=job.tunable.device)
    if not READOUTS[job.reading].reads_before:
        return pooled
    with torch.no_grad(), _precision(job.tunable):
        for pack in job.texts.packs(np.concatenate([learnt, held])):
            rows = torch.from_numpy(pack.rows).to(pooled.device)
            pooled[rows] = functional_call(job.tunable, job.start, (pack.inputs,)).float()
    return pooled


def train(job: TrainingJob, begun: Tensors | None = None) -> TrainingResult:
    """Train K entities, each as if it were alone.

    Args:
        job: the training.
        begun: where each begins, [K, ...] by name; None: all from the job's start.
    """
    count, schedule = len(job.outputs), job.schedule
    before = pooled_before(job)
    begun = begun or {name: value.expand(count, *value.shape) for name, value in job.start.items()}
    tuned = {name: value.clone().requires_grad_() for name, value in begun.items()}
    head = READOUTS[job.reading].start(job.tunable, job.outputs, job.seed)
    head = {name: value.requires_grad_() for name, value in head.items()}
    descent = Descent({**tuned, **head}, schedule, steps_of(len(job.texts), schedule))
    learnt, held = job.split
    finite = torch.ones(count, dtype=torch.bool, device=before.device)
    best = Best({**tuned, **head}, count, ties=schedule.released is not None) if len(held) else None
    with _dropout(job):
        for epoch in range(schedule.epochs):
            job.tunable.train(schedule.released is not None)
            for step in job.texts.steps(learnt, schedule.batch, _order(job, epoch)):
                descent.optimizer.zero_grad()
                finite &= _gradients(job, step, before, tuned, head)
                descent.step(~finite)
                progress.advance("train", count)
            job.tunable.eval()
            if best and best.stops(_held_loss(job, held, before, tuned, head), {**tuned, **head}, schedule.patience):
                break
    kept = best.tuned if best else {name: value.detach() for name, value in (tuned | head).items()}
    tuned, head = {name: kept[name] for name in tuned}, {name: kept[name] for name in head}
    return TrainingResult(tuned, head, finite, before)


def _order(job: TrainingJob, epoch: int) -> list[int] | None:
    return None if job.schedule.released else [job.seed, epoch]


@contextmanager
def _dropout(job: TrainingJob) -> Iterator[None]:
    """Let what is dropped follow from the seed, and leave torch's own generator as it was."""
    devices = [job.tunable.device] if job.tunable.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(job.seed)
        yield


class Best:
    """Each entity's parameters where its loss on held-out texts was lowest; of equals the first, or with `ties` the
    last."""

    def __init__(self, tuned: Mapping[str, torch.Tensor], count: int, *, ties: bool = False) -> None:
        self.tuned = {name: value.detach().clone() for name, value in tuned.items()}
        self._loss = torch.full((count,), torch.inf, device=next(iter(tuned.values())).device)
        self._since = torch.zeros_like(self._loss)
        self._better = torch.le if ties else torch.lt

    def stops(self, loss: torch.Tensor, tuned: Mapping[str, torch.Tensor], patience: int) -> bool:
        """Keep what is better; return whether all entities have waited long enough. One that has waited is not looked
        at again, as it would have stopped there alone."""
        better = self._better(loss, self._loss) & (self._since < patience)
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
    """Return the mean loss of each entity on the held-out texts, or what share of them it answers otherwise, [K]."""
    by_answers = job.schedule.released and job.reading == "sequence_classifier"
    with torch.no_grad(), _precision(job.tunable):
        losses = [
            (job.missed_of(pack) if by_answers else job.loss_of(pack, before))(tuned, head)
            for pack in job.texts.packs(held)
        ]
    return torch.stack(losses).sum(dim=0) / len(held)


def _precision(tunable: Tunable) -> torch.autocast:
    """Use bf16 on a GPU that has it, else float32."""
    able = tunable.device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(tunable.device.type, dtype=torch.bfloat16, enabled=able)


def steps_of(n: int, schedule: Schedule) -> int:
    """Return the steps that a training over n texts takes at most."""
    n = min(n, schedule.texts or n)
    learnt = n - (n // HELD_OUT if schedule.patience else 0)
    return schedule.epochs * -(-learnt // schedule.batch)
