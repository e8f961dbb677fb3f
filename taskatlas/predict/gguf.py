"""GGUF, the format of llama.cpp: a language model in one file: rounded weights, config, tokenizer, chat template.

transformers reads it with the package gguf and gives every block of rounded weights back as numbers, so that a model
computes as one of safetensors does: the file is small, and what is in memory is not. Nothing in the format is code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

import numpy as np

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
def read_once() -> Iterator[None]:
    """A block in which a GGUF file's header is read once and without a bar; transformers has no setting for either.

    It reads the header for the config, the tokenizer and the weights each, and the package gguf slices a mapped array
    for every word of the vocabulary: most of the time of loading a small model.
    """
    import gguf
    from transformers import modeling_gguf_pytorch_utils

    class Reader(gguf.GGUFReader):
        """A reader that slices a plain array, which is quicker than numpy's mapped one and shares its memory."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, np.asarray(value) if name == "data" else value)

    reading: Any = modeling_gguf_pytorch_utils  # which does not export what it imports
    bar, reading.tqdm = reading.tqdm, lambda tensors, **_: tensors
    reader, package = gguf.GGUFReader, cast("Any", gguf)
    package.GGUFReader = cache(Reader)
    try:
        yield
    finally:
        reading.tqdm, package.GGUFReader = bar, reader
