"""A frozen text encoder: texts in, one vector per text and layer out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from schemas.cards import Weights
from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict.device import choose_device
from taskatlas.predict.weights import locate

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]
POOLING = "mean"
CPU_TOKENS, ACCELERATOR_TOKENS = 1_024, 16_384
"""Tokens per batch, padding included. On 2 cores, 400 texts of 28 tokens took 1.8 s with batches of 1,024 tokens, 2.0 s
with 2,048, 2.4 s with 4,096 and 3.2 s with 8,192, whose layers no longer fit into the cache."""
_TOKENISE = 1_024


class Encoder:
    """A transformer whose layers are mean-pooled over a text's tokens.

    Attributes:
        layers: L, the embeddings' output and each transformer layer (7 for MiniLM-L6).
        dim: d, the width of a layer.

    """

    def __init__(self, weights: Weights, project: Path, device: str = "auto") -> None:
        """Load pinned weights.

        Raises:
            ModelError: the weights are missing, wrong or incomplete, or the device is not there.

        """
        self.device = choose_device(device)
        self._where = f"weights {weights.source}"
        self._model, self._tokenizer = _load(locate(weights, project), self._where)
        self._model.to(self.device)
        config = self._model.config
        self.layers, self.dim = int(config.num_hidden_layers) + 1, int(config.hidden_size)
        self._max_length = weights.max_length
        self._check_length()
        # a fast tokenizer keeps its truncation as state, so two threads cannot use it at once
        self._lock = Lock()

    def _check_length(self) -> None:
        positions = getattr(self._model.config, "max_position_embeddings", None) or self._max_length
        most = min(positions, self._tokenizer.model_max_length)
        if self._max_length > most:
            raise ModelError(
                f"max_length {self._max_length} is more than the {most} tokens it can read",
                where=self._where,
                todo="lower max_length on the card",
            )

    def encode(self, texts: Sequence[tuple[str, str | None]], *, batch_tokens: int | None = None) -> Floats:
        """The mean-pooled hidden state after every layer.

        Args:
            texts: n texts with their optional second text; a pair is read as one sequence. A sequence of more than
                `max_length` tokens is cut, the longer text of a pair first.
            batch_tokens: tokens per batch, padding included; None for what suits the device. The result does not
                depend on it, but for rounding (below 1e-5).

        Returns:
            float32 [n, L, d], not normalised; layer 0 is the embeddings' output.

        """
        import torch

        batch_tokens = batch_tokens or (CPU_TOKENS if self.device == "cpu" else ACCELERATOR_TOKENS)
        progress.expect("encode", len(texts), "texts")
        out = np.empty((len(texts), self.layers, self.dim), np.float32)
        tokens = self._tokenise(texts)
        with torch.inference_mode():
            for rows in _batches([len(found["input_ids"]) for found in tokens], batch_tokens):
                out[rows] = self._forward([tokens[row] for row in rows])
                progress.advance("encode", len(rows))
        return out

    def _tokenise(self, texts: Sequence[tuple[str, str | None]]) -> list[dict[str, list[int]]]:
        """Per text, the tokenizer's ids by input name, cut but not padded."""
        found: list[dict[str, list[int]]] = [{} for _ in texts]
        for paired in (False, True):
            rows = [row for row, (_, pair) in enumerate(texts) if (pair is not None) == paired]
            for start in range(0, len(rows), _TOKENISE):
                some = rows[start : start + _TOKENISE]
                second = [texts[row][1] for row in some] if paired else None
                with self._lock:
                    encoded = self._tokenizer(
                        [texts[row][0] for row in some], second, truncation=True, max_length=self._max_length
                    )
                for place, row in enumerate(some):
                    found[row] = {name: encoded[name][place] for name in encoded}
        return found

    def _forward(self, tokens: Sequence[dict[str, list[int]]]) -> Floats:
        """One batch: float32 [b, L, d]."""
        import torch

        inputs = {name: self._padded([found[name] for found in tokens], name) for name in tokens[0]}
        mask = inputs["attention_mask"]
        states: tuple[torch.Tensor, ...] = self._model(**inputs, output_hidden_states=True).hidden_states
        share = (mask / mask.sum(dim=1, keepdim=True)).to(states[0].dtype).unsqueeze(1)
        pooled = torch.stack([torch.bmm(share, state).squeeze(1) for state in states], dim=1)
        result: Floats = pooled.cpu().numpy()
        return result

    def _padded(self, rows: Sequence[list[int]], name: str) -> torch.Tensor:
        import torch

        fill = (self._tokenizer.pad_token_id or 0) if name == "input_ids" else 0
        padded = np.full((len(rows), max(map(len, rows))), fill, np.int64)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return torch.from_numpy(padded).to(self.device)


def last(features: Floats) -> Floats:
    """φ: the normalised last layer.

    Args:
        features: float32 [n, L, d] from `Encoder.encode`.

    Returns:
        float32 [n, d] of unit length; for all-MiniLM-L6-v2 this is the sentence-transformers embedding.

    """
    vectors = features[:, -1]
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return unit


@lru_cache(maxsize=2)
def _kept(weights: Weights, project: Path, device: str) -> Encoder:
    return Encoder(weights, project, device)


_loading = Lock()


def encoder_for(weights: Weights, project: Path, device: str = "auto") -> Encoder:
    """The encoder of these weights; the last two used stay loaded. Safe to call from several threads.

    Raises:
        ModelError: as `Encoder` does.

    """
    with _loading:
        return _kept(weights, project, choose_device(device))


def _batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows in batches of about equal length, the longest first so that a lack of memory shows at once."""
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _load(folder: Path, where: str) -> tuple[Any, Any]:
    """The model in float32, and its tokenizer, from safetensors and without code from the folder."""
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model, report = AutoModel.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot be loaded ({reason})", where=where, todo="check the folder's files") from error
    if model.config.is_encoder_decoder:
        raise ModelError("is an encoder-decoder, not a text encoder", where=where, todo="name an encoder")
    # transformers fills what a file lacks with random numbers; only the pooler, which is not used, may be missing
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ModelError(
            f"model.safetensors lacks {len(missing)} tensors, first: {missing[0]}",
            where=where,
            todo="get the whole file, or mend config.json",
        )
    return model.eval(), tokenizer
