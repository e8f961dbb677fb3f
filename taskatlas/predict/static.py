"""Word vectors, the StaticEmbedding of sentence-transformers: a text is the mean of the vectors of its tokens.

They stand where a transformer does, as one of no layers: its embeddings are all that it has.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from taskatlas.errors import ModelError
from taskatlas.predict.hub import FILE
from taskatlas.predict.load import load_tokenizer
from taskatlas.predict.modules import read_modules

if TYPE_CHECKING:
    import torch

_NAMES = ("embedding.weight", "embeddings")
"""What the only tensor is called, by sentence-transformers and by model2vec."""


def load_static(folder: Path, where: str, precision: str) -> tuple[Any, Any]:
    """Load word vectors and their tokenizer.

    Args:
        folder: where tokenizer.json and model.safetensors lie.
        where: what the message of an error names.
        precision: the name of torch's type for its weights.

    Raises:
        ModelError: they cannot be read.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    tokenizer = static_tokenizer(folder, where)
    try:
        tensors = load_file(folder / FILE)
    except (OSError, SafetensorError) as error:
        raise _unreadable(error, where) from error
    found = [tensors[name] for name in _NAMES if name in tensors]
    if len(tensors) != 1 or not found or found[0].ndim != 2 or len(found[0]) < len(tokenizer):
        shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in sorted(tensors.items()))
        what = f"{FILE} holds {shapes[:200]}, and not one vector for each of {len(tokenizer)} tokens"
        raise ModelError(what, where=where, todo=f"save them as {_NAMES[0]} alone, [tokens, width]")
    return _word_vectors(found[0].to(getattr(torch, precision))), tokenizer


def encoder_tokenizer(folder: Path, where: str) -> Any:
    """Load the tokenizer of an encoder's folder, of word vectors or of a transformer.

    Raises:
        ModelError: it cannot be read.
    """
    static = read_modules(folder, where).static
    return static_tokenizer(static, where) if static else load_tokenizer(folder, where)


def static_tokenizer(folder: Path, where: str) -> Any:
    """Load tokenizer.json; it adds no tokens of its own.

    Raises:
        ModelError: it cannot be read.
    """
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    try:
        plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises nothing more special
        raise _unreadable(error, where) from error
    plain.post_processor = TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    kind: Any = PreTrainedTokenizerFast
    return kind(tokenizer_object=plain, model_input_names=["input_ids", "attention_mask"])


def _word_vectors(vectors: torch.Tensor) -> Any:
    from torch import nn

    class WordVectors(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words: nn.Module = nn.Embedding(vectors.shape[0], vectors.shape[1], _weight=vectors)
            self.config = SimpleNamespace(num_hidden_layers=0, hidden_size=vectors.shape[1], model_type="static")

        def get_input_embeddings(self) -> nn.Module:
            return self.words

        def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
            return SimpleNamespace(hidden_states=(self.words(input_ids),))

    return WordVectors().eval()


def _unreadable(error: Exception, where: str) -> ModelError:
    what = f"its word vectors cannot be read ({type(error).__name__}: {error})"
    return ModelError(what, where=where, todo="get the folder again")
