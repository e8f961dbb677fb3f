"""Tangent features: how a text's vector changes with the surrogate's parameters, at the initialisation."""

from __future__ import annotations

import numpy as np
import torch
from torch.func import functional_call, grad, vmap

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import Inputs, unit
from taskatlas.embed.tuned.batches import TokenisedTexts
from taskatlas.embed.tuned.projection import project_vector
from taskatlas.embed.tuned.schedule import Tuning
from taskatlas.embed.tuned.tunable import Tunable

AT_ONCE = 16
"""Texts of one length whose gradients are in memory together."""


def tangents(inputs: Inputs, tuning: Tuning) -> Array:
    """Compute the gradient of each text's pseudo-output by all biases and gains below the embeddings, of unit length.

    The pseudo-output is the text's vector along one random direction. The kernel of its gradients approximates that of
    all d outputs at a d-th of the cost (Mohamadi et al. 2023, arXiv 2206.12543); biases alone come close to the
    kernel of all weights in what fine-tuning does (Malladi et al. 2023, arXiv 2210.05643, use the kernel so).

    Returns:
        float32 [n, p]; p is the number of these parameters, or that of their projection.

    Raises:
        InputError: the surrogate has no such parameters.
    """
    tunable = Tunable(inputs.load(), inputs.surrogate)
    vectors = {name: value for name, value in tunable.parameters_named("linearised", "").items() if value.ndim == 1}
    if not vectors:
        raise tunable.unsupported("linearised", "it has neither biases nor gains in its layers")
    texts = TokenisedTexts(tunable.encoder, inputs.texts)
    normal = np.random.default_rng(tuning.seed).normal(size=tunable.config.hidden_size)
    along = torch.from_numpy((normal / np.linalg.norm(normal)).astype(np.float32)).to(tunable.device)

    def output(weights: dict[str, torch.Tensor], tokens: dict[str, torch.Tensor]) -> torch.Tensor:
        single = {name: value[None] for name, value in tokens.items()}
        pseudo_output: torch.Tensor = functional_call(tunable, weights, (single,))[0] @ along
        return pseudo_output

    gradients = vmap(grad(output), in_dims=(None, 0))
    progress.expect("linearise", len(texts), "texts")
    rows: list[Array] = [np.empty(0, np.float32)] * len(texts)
    for pack in texts.even_packs(np.arange(len(texts)), AT_ONCE):
        by_name = gradients(vectors, dict(pack.inputs))
        flat = torch.cat([by_name[name].flatten(1) for name in sorted(by_name)], dim=1).cpu().numpy()
        for row, gradient in zip(pack.rows, flat, strict=True):
            rows[row] = project_vector(gradient, tuning)
        progress.advance("linearise", len(pack.rows))
    return unit(np.stack(rows))
