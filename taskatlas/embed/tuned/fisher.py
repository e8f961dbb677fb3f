"""`fisher`: TaskEmb (Vu et al. 2020, arXiv 2005.00770, section 4), Task2Vec's idea (Achille et al. 2019) for text.

The surrogate is fine-tuned on (x, y); the vector is the diagonal of its empirical Fisher information there,
F = mean over i of (∇ log p(y_i | x_i))², the squares taken per text and before the mean. FUTE squares the mean gradient
instead, which is cheaper and not the same: what texts disagree about cancels out. It counts the word vectors, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import Setting
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import FISHER, Presets, Squares, VectorOf

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.batches import Pack
    from taskatlas.embed.tuned.readout import Surrogate
    from taskatlas.embed.tuned.trainer import TrainingJob, TrainingResult
    from taskatlas.embed.tuned.tunable import Inputs, Tunable

AT_ONCE = 8
"""Texts whose gradients are in memory together; each is as large as what is tuned."""


@dataclass(frozen=True)
class Fisher(TunedMethod):
    """The diagonal Fisher information; dim is the number of weights in the layers, in the preset `fute` those of the
    embeddings, too, or layers × width."""

    name: ClassVar[str] = "fisher"
    presets: ClassVar[Presets] = FISHER
    in_fute: ClassVar[bool] = True

    @property
    def own_settings(self) -> dict[str, Setting]:
        """Of what, and which squares."""
        return {"fisher_of": self.tuning.fisher_of, "fisher_squares": self.squares}

    @property
    def squares(self) -> Squares:
        """Which squares."""
        return self.tuning.fisher_squares or ("of_mean" if self.released else "per_text")

    @property
    def vector_of(self) -> VectorOf:
        """The Fisher information has no start."""
        return "change"

    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:  # noqa: ARG002 - they are there
        """Return the surrogate's own weights and biases in its layers; as released all that it has below a head."""
        weights = tunable.parameters_below_head() if self.released else tunable.parameters_named(self.name, "")
        return {name: value.clone() for name, value in weights.items()}

    def pinned(self, start: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:  # noqa: ARG002
        """Return nothing: the surrogate's weights are pinned by their SHA-256."""
        return {}

    def vectors(self, job: TrainingJob, trained: TrainingResult) -> Iterator[Array]:
        """Yield the Fisher information of each tuned surrogate, float32 [dim]."""
        rows = job.split[0]
        progress.expect("fisher", len(rows) * len(job.outputs), "gradients")
        for index in range(len(job.outputs)):
            tuned = {name: value[index] for name, value in trained.tuned.items()}
            head = {name: value[index] for name, value in trained.head.items()}
            gradients_of = _of_outputs if self.tuning.fisher_of == "outputs" else _of_weights
            packs = job.texts.even_packs(rows, AT_ONCE)
            gradients = (gradients_of(job, index, pack, (tuned, head), trained.before) for pack in packs)
            yield _squares(gradients, len(rows), per_text=self.squares == "per_text")


Point = tuple[dict[str, "torch.Tensor"], dict[str, "torch.Tensor"]]
Gradients = dict[str, "torch.Tensor"]


def _squares(gradients: Iterator[Gradients], n: int, *, per_text: bool) -> Array:
    """Return the mean of squares, or the square of the mean, of gradients [b, ...] by name: float32 [dim], in sorted
    order. BERT's pooler is trained where all is, and no part of the vector.

    They are added up one by one and by name, in place: a gradient is as large as the surrogate, and to copy it
    takes longer than to compute it.
    """
    total: dict[str, torch.Tensor] = {}
    for by_name in gradients:
        progress.advance("fisher", len(next(iter(by_name.values()))))
        for name, batch in by_name.items():
            added = total.setdefault(name, batch.new_zeros(batch.shape[1:]))
            for gradient in batch:
                added = added.addcmul_(gradient, gradient) if per_text else added.add_(gradient)
    means = [(total[name] / n).flatten() for name in sorted(total) if "pooler" not in name]
    return np.concatenate([(mean if per_text else mean**2).cpu().numpy() for mean in means])


def _losses(
    job: TrainingJob, index: int, before: torch.Tensor
) -> Callable[[Surrogate, Mapping[str, torch.Tensor], Inputs, torch.Tensor], torch.Tensor]:
    """Return a function to the loss of one entity of a job on each of the texts `rows` [b], [b]."""
    from taskatlas.embed.tuned.readout import READOUTS

    outputs, readout = job.outputs, READOUTS[job.reading]

    def of(surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Inputs, rows: torch.Tensor) -> torch.Tensor:
        own_outputs = {name: value[index] for name, value in outputs.on(rows).items()}
        return readout.losses(surrogate, head, inputs, before[rows], own_outputs, numeric=outputs.numeric)

    return of


def _of_weights(job: TrainingJob, index: int, pack: Pack, point: Point, before: torch.Tensor) -> Gradients:
    """Return the gradient of each text's loss by all tuned weights, [b, ...] by name."""
    import torch
    from torch.func import grad, vmap

    from taskatlas.embed.tuned.trainer import forward_with

    tuned, head = point
    losses = _losses(job, index, before)

    def one(weights: dict[str, torch.Tensor], inputs: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor:
        single = {name: value[None] for name, value in inputs.items()}
        return losses(partial(forward_with, job.tunable, weights), head, single, row[None])[0]

    rows = torch.from_numpy(pack.rows).to(before.device)
    gradients: Gradients = vmap(grad(one), in_dims=(None, 0, 0))(tuned, dict(pack.inputs), rows)
    return gradients


def _of_outputs(job: TrainingJob, index: int, pack: Pack, point: Point, before: torch.Tensor) -> Gradients:
    """Return the gradient of each text's loss by the output of every layer, summed over its tokens, [b, d] by layer."""
    import torch

    from taskatlas.embed.tuned.trainer import forward_with

    tuned, head = point
    rows = torch.from_numpy(pack.rows).to(before.device)
    leaves = {name: value.detach().requires_grad_() for name, value in tuned.items()}
    states: list[torch.Tensor] = []
    surrogate = partial(forward_with, job.tunable, leaves, keep=states)
    loss = _losses(job, index, before)(surrogate, head, pack.inputs, rows).sum()
    gradients = torch.autograd.grad(loss, states[1:])
    return {f"{layer:03}": gradient.sum(dim=1) for layer, gradient in enumerate(gradients)}
