"""Learn one task after another with one surrogate: what was tuned on the first is where the second begins.

Intermediate-task training (Phang et al. 2018, arXiv 1811.01088; Vu et al. 2020, arXiv 2005.00770, section 3), with what
a method tunes in place of all weights (TuPaTE, Zhou et al. 2022, arXiv 2210.11705). Each task has a head of its own,
which is drawn anew, as classes of one say nothing of another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from taskatlas.embed.basis import Array
from taskatlas.embed.method import Inputs
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.tuned.schedule import Reading, Schedule

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.batches import Pack, TokenisedTexts
    from taskatlas.embed.tuned.method import TunedMethod
    from taskatlas.embed.tuned.readout import Tensors
    from taskatlas.embed.tuned.trainer import TrainingResult
    from taskatlas.embed.tuned.tunable import Tunable

Floats = npt.NDArray[np.float64]
Text = tuple[str, str | None]
"""A text with its second text where there is one."""
Tuned = dict[str, Array]
"""What was tuned, by parameter name, float32."""
READING: Reading = "class_head"


@dataclass(frozen=True)
class Task:
    """What is learnt.

    Attributes:
        texts: n.
        outputs: of the n texts: labels, or numbers.
    """

    texts: Sequence[Text]
    outputs: Outputs


@dataclass(frozen=True)
class Learner:
    """A surrogate that learns tasks by what a method tunes.

    Attributes:
        method: one that trains.
        inputs: gives the surrogate.
        seed: of where what is tuned starts.
    """

    method: TunedMethod
    inputs: Inputs
    seed: int

    @cached_property
    def _tunable(self) -> Tunable:
        from taskatlas.embed.tuned.tunable import Tunable

        return Tunable(self.inputs.load(), self.inputs.surrogate)

    @cached_property
    def _start(self) -> dict[str, torch.Tensor]:
        return self.method.adapt(self._tunable, self.seed)

    def learn(self, task: Task, schedule: Schedule) -> Tuned | None:
        """Return what was tuned on a task, from the surrogate's own start; None where a loss is no number."""
        trained = self._train(task, [{}], schedule, self.seed)
        if not bool(trained.finite[0]):
            return None
        return {name: value[0].cpu().numpy() for name, value in trained.tuned.items()}

    def learn_after(
        self, before: Sequence[Tuned], task: Task, asked: Sequence[Text], schedule: Schedule, seed: int
    ) -> list[Floats | None]:
        """Learn a task once for each of K beginnings, and answer m other texts.

        Args:
            before: what was tuned on another task; empty for the surrogate's own start.
            task: what is learnt.
            asked: the m texts.
            schedule: how long and how fast.
            seed: of heads, and of the order of texts.

        Returns:
            For each beginning the index of the class that each text is answered with, float64 [m], or of numbers the
            number; None where a loss is no number.
        """
        from taskatlas.embed.tuned.memory import group_size, run_in_groups

        texts = self._tokenised(asked)
        size = group_size(self._tunable, sum(value.numel() for value in self._start.values()))
        work = partial(self._answers, task=task, asked=texts, schedule=schedule, seed=seed)
        return [*run_in_groups(work, before, self._tunable, size)]

    def _answers(
        self, before: Sequence[Tuned], task: Task, asked: TokenisedTexts, schedule: Schedule, seed: int
    ) -> list[Floats | None]:
        trained = self._train(task, before, schedule, seed)
        logits = self._logits(trained, asked)
        answers = logits[:, :, 1] if task.outputs.numeric else logits.argmax(axis=2)
        return [
            np.asarray(own, np.float64) if finite else None
            for own, finite in zip(answers, trained.finite.tolist(), strict=True)
        ]

    def _train(self, task: Task, before: Sequence[Tuned], schedule: Schedule, seed: int) -> TrainingResult:
        from taskatlas.embed.tuned import readout, trainer

        # a head of classes looks at no vector of their names
        nameless = np.zeros((len(task.outputs.texts), 1), np.float32)
        outputs = readout.stack_outputs([(task.outputs, nameless)] * len(before), self._tunable.device)
        texts = self._tokenised(task.texts)
        job = trainer.TrainingJob(self._tunable, self._start, texts, outputs, READING, schedule, seed)
        return trainer.train(job, self._begun(before))

    def _begun(self, before: Sequence[Tuned]) -> dict[str, torch.Tensor]:
        """The beginnings, [K, ...] by name."""
        import torch

        device = self._tunable.device
        return {
            name: torch.stack([torch.from_numpy(own[name]).to(device) if own else value.detach() for own in before])
            for name, value in self._start.items()
        }

    def _tokenised(self, texts: Sequence[Text]) -> TokenisedTexts:
        from taskatlas.embed.tuned.batches import TokenisedTexts

        return TokenisedTexts(self._tunable.encoder, texts)

    def _logits(self, trained: TrainingResult, texts: TokenisedTexts) -> Array:
        """Logits of K heads, float32 [K, n, C]."""
        import torch
        from torch.func import vmap

        count, classes = trained.head["head.bias"].shape
        found = np.zeros((count, len(texts), classes), np.float32)
        with torch.no_grad():
            for pack in texts.packs(np.arange(len(texts))):
                logits = vmap(partial(self._read, pack))(trained.tuned, trained.head)
                found[:, pack.rows] = logits.cpu().numpy()
        return found

    def _read(self, pack: Pack, tuned: Tensors, head: Tensors) -> torch.Tensor:
        """Logits of one head, [b, C]."""
        from taskatlas.embed.tuned.trainer import forward_with

        return forward_with(self._tunable, tuned, pack.inputs) @ head["head.weight"] + head["head.bias"]
