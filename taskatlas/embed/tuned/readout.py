"""How a tuned surrogate's text vector becomes answers, and what it loses where they are not the entity's.

`label_text`: an output counts by its text. The logit of an output text is the cosine of the tuned text vector and ψ of
it, less that cosine before tuning, so that every entity starts from no opinion: order and number of classes cannot
matter, and free text needs nothing else.

`class_head`: a linear head over class indices, as in TaskEmb and TuPaTE; numbers by mean squared error. The head is
trained along and is no part of the vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch.nn import functional

from taskatlas.embed.basis import Array
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.tuned.schedule import Reading

Tensors = dict[str, torch.Tensor]
SCALE = 20.0
"""Cosines are multiplied by this before the softmax, as sentence-transformers' ranking losses do."""
_ABSENT = -1e4
ALIKE = 1e-4
"""Output texts whose ψ differ by less cannot be told apart: the gradient is rounding, which Adam would blow up to full
steps. They become zeros, so that the vector has no length."""
SPREAD_OF_RANKS = 12.0**0.5
"""Ranks lie evenly in 0 to 1, with a standard deviation of 1 / √12; times this they have one of 1."""


@dataclass(frozen=True)
class Answers:
    """The outputs of K entities on the same n texts, padded to C classes; tensors on one device.

    Attributes:
        weights: float32 [K, n, C].
        vectors: ψ of the output texts, float32 [K, C, d].
        known: which of the C classes an entity has, bool [K, C].
        numeric: whether they are numbers; of all K or none.
    """

    weights: torch.Tensor
    vectors: torch.Tensor
    known: torch.Tensor
    numeric: bool

    def __len__(self) -> int:
        return len(self.weights)


def stack(asked: Sequence[tuple[Outputs, Array]], device: torch.device) -> Answers:
    """The outputs of K entities with ψ of their output texts [C, d]."""
    classes = max(len(outputs.texts) for outputs, _ in asked)
    weights = np.zeros((len(asked), len(asked[0][0].weights), classes), np.float32)
    vectors = np.zeros((len(asked), classes, asked[0][1].shape[1]), np.float32)
    known = np.zeros((len(asked), classes), dtype=bool)
    for place, (outputs, found) in enumerate(asked):
        count = len(outputs.texts)
        psi = np.zeros_like(found) if np.ptp(found, axis=0).max() < ALIKE else found
        weights[place, :, :count], vectors[place, :count], known[place, :count] = outputs.weights, psi, True
    numeric = asked[0][0].numeric
    return Answers(
        torch.from_numpy(weights).to(device),
        torch.from_numpy(vectors).to(device),
        torch.from_numpy(known).to(device),
        numeric,
    )


class Readout(Protocol):
    """A way to read a text vector as answers. Its functions see one entity; `vmap` runs them for K at once."""

    def start(self, answers: Answers, dim: int, seed: int) -> Tensors:
        """Parameters that are trained along and are no part of the vector, [K, ...] by name."""
        ...

    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,
               vectors: torch.Tensor, known: torch.Tensor) -> torch.Tensor:  # fmt: skip
        """Answers [b, C] to texts whose vectors are `pooled` [b, d] now and were `before` [b, d] before tuning."""
        ...


class LabelText:
    """See `label_text` above."""

    def start(self, answers: Answers, dim: int, seed: int) -> Tensors:  # noqa: ARG002
        """None."""
        return {}

    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,  # noqa: ARG002
               vectors: torch.Tensor, known: torch.Tensor) -> torch.Tensor:  # fmt: skip
        """How much nearer the texts have come to each output text, scaled."""
        moved = functional.normalize(pooled, dim=-1) - functional.normalize(before, dim=-1)
        return (SCALE * moved @ vectors.T).masked_fill(~known, _ABSENT)


class ClassHead:
    """See `class_head` above. Column c of the first head is the same for every entity of a seed, however many classes
    it has."""

    def start(self, answers: Answers, dim: int, seed: int) -> Tensors:
        """A head [K, d, C] of small random numbers (σ = 0.02, as BERT's) and its constants [K, C]."""
        count, classes = answers.known.shape
        made = np.random.default_rng(seed).normal(0.0, 0.02, (classes, dim)).astype(np.float32).T
        weight = torch.from_numpy(np.ascontiguousarray(made)).to(answers.weights.device)
        return {
            "head.weight": weight.expand(count, -1, -1).clone(),
            "head.bias": torch.zeros(count, classes, device=weight.device),
        }

    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,  # noqa: ARG002
               vectors: torch.Tensor, known: torch.Tensor) -> torch.Tensor:  # fmt: skip # noqa: ARG002
        """The head's answers."""
        return (pooled @ head["head.weight"] + head["head.bias"]).masked_fill(~known, _ABSENT)


READOUTS: dict[Reading, Readout] = {"label_text": LabelText(), "class_head": ClassHead()}


def losses(reading: Reading, logits: torch.Tensor, weights: torch.Tensor, *, numeric: bool) -> torch.Tensor:
    """The loss per text, [b]: cross entropy against the weights [b, C], which may be soft; with a class head for
    numbers, half the squared difference of the second class's logit and the standardised place between the poles."""
    if numeric and reading == "class_head":
        squared: torch.Tensor = 0.5 * (logits[:, 1] - (weights[:, 1] - 0.5) * SPREAD_OF_RANKS) ** 2
        return squared
    crossed: torch.Tensor = -(weights * functional.log_softmax(logits, dim=-1)).sum(dim=-1)
    return crossed
