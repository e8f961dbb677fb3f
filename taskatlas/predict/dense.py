"""What follows the pooling in folders of sentence-transformers: Dense, a linear map with its activation, and Normalize.

Each layer passes through it as the last one does, as if the transformer ended there: so early exits of an encoder with
a Dense module are what its makers' would be, and all layers are of one width.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taskatlas.errors import ModelError
from taskatlas.predict.hub import FILE
from taskatlas.predict.modules import NORMALIZE, Modules, read_json

if TYPE_CHECKING:
    from torch import nn

_ACTIVATIONS = frozenset({"Identity", "Tanh", "ReLU", "GELU", "SiLU", "Sigmoid", "LeakyReLU", "ELU"})
"""Classes of torch.nn that take no settings."""


def load_after(modules: Modules, width: int, where: str) -> tuple[nn.Sequential, int]:
    """Load what follows the pooling, in float32.

    Args:
        modules: of the folder.
        width: of what is pooled.
        where: what the message of an error names.

    Returns:
        A map of [..., width], and the width that it leads to; of nothing, the same.

    Raises:
        ModelError: a Dense module cannot be read, does not fit, or has an activation that is not known.
    """
    from torch import nn

    steps: list[nn.Module] = []
    for kind, folder in modules.after:
        if kind == NORMALIZE:
            steps.append(_unit_length())
        else:
            loaded, width = _dense(folder, width, f"{where}: {folder.name}")
            steps += loaded
    return nn.Sequential(*steps).eval(), width


def _dense(folder: Path, width: int, where: str) -> tuple[list[nn.Module], int]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from torch import nn

    try:
        config = read_json(folder / "config.json")
        activation = str(config.get("activation_function") or "torch.nn.Identity").rsplit(".", 1)
        settings = (config.get("module_input_name"), config.get("module_output_name"), config.get("use_residual"))
        tensors = {name: value.float() for name, value in load_file(folder / FILE).items()}
        weight = tensors["linear.weight"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError) as error:
        what = f"its Dense module cannot be read ({type(error).__name__}: {error})"
        raise ModelError(what, where=where, todo="get the folder again") from error
    if not activation[0].startswith("torch.nn") or activation[-1] not in _ACTIVATIONS:
        what = f"its activation is {'.'.join(activation)}, which is not known here"
        raise ModelError(what, where=where, todo=f"use a model with one of {', '.join(sorted(_ACTIVATIONS))}")
    vector = "sentence_embedding"
    if settings[0] not in (None, vector) or settings[1] not in (None, vector) or settings[2]:
        what = "its Dense module reads something else than the pooled vector, or adds it to what it makes"
        raise ModelError(what, where=where, todo="use another model")
    bias = tensors.get("linear.bias")
    if weight.ndim != 2 or weight.shape[1] != width or (bias is not None and bias.shape != weight.shape[:1]):
        what = f"its Dense module has weights {list(weight.shape)} for vectors of {width} numbers"
        raise ModelError(what, where=where, todo="get the folder again")
    linear = nn.Linear(width, len(weight), bias=bias is not None)
    linear.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
    return [linear, getattr(nn, activation[-1])()], len(weight)


def _unit_length() -> nn.Module:
    import torch
    from torch import nn

    class UnitLength(nn.Module):
        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            return nn.functional.normalize(vectors, dim=-1)

    return UnitLength()
