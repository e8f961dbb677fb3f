"""GGUF, the format of llama.cpp: a language model in one file: rounded weights, config, tokenizer, chat template.

transformers reads it with the package gguf and gives every block of rounded weights back as numbers, so that a model
computes as one of safetensors does: the file is small, and what is in memory is not. Nothing in the format is code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.schemas.language import TransformersModel


def gguf_arguments(card: TransformersModel, file: str) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` by which a model is read from a GGUF file.

    Args:
        card: the model's.
        file: its name, in the model's folder.

    Raises:
        ModelError: the package gguf is not installed, or the card wants what is not done with GGUF.
    """
    where = f"model {card.name}"
    if find_spec("gguf") is None:
        what, todo = "GGUF weights need the package gguf, which is missing", "pip install 'taskatlas[smollm]'"
        raise ModelError(what, where=where, todo=todo)
    for field in ("quantised", "device_map"):
        if getattr(card, field):
            todo = f"leave {field} out, or use the same weights as safetensors"
            raise ModelError(f"{field} is not for GGUF weights, as {file}", where=where, todo=todo)
    from transformers import GgufConfig

    # given back as numbers at once: what transformers takes for rounded nobody may convert, adapt or save
    return {"gguf_file": file, "quantization_config": GgufConfig(dequantize=True)}


@contextmanager
def without_bar() -> Iterator[None]:
    """A block in which transformers draws no bar while it reads GGUF; it has no setting for that."""
    from transformers import modeling_gguf_pytorch_utils

    reading: Any = modeling_gguf_pytorch_utils  # which does not export what it imports
    bar, reading.tqdm = reading.tqdm, lambda tensors, **_: tensors
    try:
        yield
    finally:
        reading.tqdm = bar
