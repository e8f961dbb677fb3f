"""A frozen text encoder: texts in, one vector per text and layer out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict import packs
from taskatlas.predict.adapters import adapted, is_embedded, require_positions, virtual_tokens
from taskatlas.predict.bidirectional import see_both_ways
from taskatlas.predict.dense import load_after
from taskatlas.predict.device import choose_device
from taskatlas.predict.load import load_classifier, load_encoder, load_writer
from taskatlas.predict.manner import PLAIN, Manner
from taskatlas.predict.modules import Modules, check_pooling, read_modules
from taskatlas.predict.pooling import pool
from taskatlas.predict.prepending import Prepending
from taskatlas.predict.static import load_static
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]
CPU_TOKENS, CPU_TOKENS_BFLOAT16, SESSION_TOKENS, ACCELERATOR_TOKENS = 1_024, 512, 512, 16_384
"""Tokens per batch, padding included. On a processor the layers of larger batches no longer fit into the cache:
docs/decisions/0012-measured-constants.md."""
_TOKENISE = 1_024


class Encoder:
    """A transformer whose layers are pooled over a text's tokens.

    Attributes:
        model: the transformer itself.
        folder: where its weights lie.
        layers: L, the embeddings' output and each transformer layer (7 for MiniLM-L6).
        dim: d, the width of a layer, after the folder's modules.
        after: what follows the pooling, see `taskatlas.predict.dense`.
        max_length: tokens; a longer text is cut.
        weights: as its card names them.
        project: the folder that their source is relative to.
        manner: how they are run.
        device: where.
        where: what messages name.
        session: what runs it instead of torch, see `taskatlas.predict.onnx.kept`; None for a batch sends it to torch.

    """

    def __init__(self, weights: Weights, project: Path, device: str = "auto", manner: Manner = PLAIN) -> None:
        """Load pinned weights.

        Raises:
            ModelError: the weights are missing, wrong or incomplete, cannot be run in this manner, or the device is not
                there.

        """
        self.device, self.manner = choose_device(device), manner
        self.weights, self.project, self.where = weights, project, f"weights {weights.source}"
        self.session: Callable[[Mapping[str, torch.Tensor]], Floats | None] | None = None
        self.folder, self._pickled = locate(weights, project, modules=True), weights.trust_pickle
        modules = read_modules(self.folder, self.where)
        check_pooling(modules, weights.pooling, self.where)
        self.model, self._tokenizer = self._loaded(modules)
        if manner.adapter:
            self.model = adapted(self.model, locate(manner.adapter, project), self.where)
        self._virtual = self._virtual_states()
        self.model.to(self.device)
        config = self.model.config
        self.layers = int(config.num_hidden_layers) + 1
        self.after, self.dim = load_after(modules, int(config.hidden_size), self.where)
        self.after.to(self.device)
        self.max_length = weights.max_length
        on_cpu = CPU_TOKENS_BFLOAT16 if manner.precision == "bfloat16" else CPU_TOKENS
        self._batch_tokens = on_cpu if self.device == "cpu" else ACCELERATOR_TOKENS
        self._check_length()
        require_positions(self.model, weights.max_length, self.where)
        if manner.attention == "bidirectional":
            see_both_ways(self.model, self.where)
        layer = manner.prepending
        self._prepending = Prepending(self.model, self._tokenizer, layer, self.where) if layer else None
        # a fast tokenizer keeps its truncation as state, so two threads cannot use it at once
        self._lock = Lock()

    def _loaded(self, modules: Modules) -> tuple[Any, Any]:
        if modules.static is None:
            return load_encoder(self.folder, self.where, pickled=self._pickled, precision=self.manner.precision)
        if self.manner.attention == "bidirectional" or self.manner.prepending or self.manner.adapter:
            todo = "leave attention, prepending and adapter out on the card"
            raise ModelError("word vectors have no attention", where=self.where, todo=todo)
        return load_static(modules.static, self.where, self.manner.precision)

    def _virtual_states(self) -> int:
        """Return how many of the states are of virtual tokens, which are none of a text's.

        Raises:
            ModelError: there are virtual tokens, and the manner looks at a text's first ones.
        """
        if virtual_tokens(self.model) and (self.manner.attention != PLAIN.attention or self.manner.prepending):
            what = "it is of virtual tokens, which neither prepending nor attention: bidirectional allows"
            raise ModelError(what, where=f"{self.where}: adapter", todo="take one of the two off the card")
        return virtual_tokens(self.model) if is_embedded(self.model) else 0

    def load_writer(self) -> Any:
        """Load the whole encoder-decoder, of T5 and its kin, onto the device; return None where the weights have no
        decoder.

        Raises:
            ModelError: its decoder is incomplete.
        """
        model = load_writer(self.folder, self.where, pickled=self._pickled)
        return model and model.to(self.device)

    def load_classifier(self) -> Any:
        """Load the weights as their family's sequence classifier onto the device, its head untrained; return None where
        the family has none.

        Raises:
            ModelError: the weights lack what lies below the head.
        """
        model = load_classifier(self.folder, self.where, pickled=self._pickled)
        return model and model.to(self.device)

    @property
    def unused_positions(self) -> int:
        """Positions before that of the first token: RoBERTa and its kin never use those up to that of padding."""
        embedding = getattr(getattr(self.model, "embeddings", None), "position_embeddings", None)
        padding_index = getattr(embedding, "padding_idx", None)
        return 0 if padding_index is None else padding_index + 1

    @property
    def max_positions(self) -> int | None:
        """Tokens that it has positions for; None where positions are relative."""
        count = getattr(self.model.config, "max_position_embeddings", None)
        return count - self.unused_positions if count else None

    def _check_length(self) -> None:
        limit = min(self.max_positions or self.max_length, self._tokenizer.model_max_length)
        if self.max_length > limit:
            raise ModelError(
                f"max_length {self.max_length} is more than the {limit} tokens it can read",
                where=self.where,
                todo="lower max_length on the card",
            )

    def encode(self, texts: Sequence[tuple[str, str | None]], *, batch_tokens: int | None = None) -> Floats:
        """Encode texts to the pooled hidden state after every layer.

        Args:
            texts: n texts with their optional second text; a pair is read as one sequence. A sequence of more than
                `max_length` tokens is cut, the longer text of a pair first.
            batch_tokens: tokens per batch, padding included; None for what suits device and precision. The result does
                not depend on it, but for rounding: below 1e-5 in float32; for bfloat16 see
                docs/decisions/0007-precision-of-encoders.md.

        Returns:
            float32 [n, L, d], not normalised; layer 0 is the embeddings' output.

        """
        return self.timed(texts, batch_tokens=batch_tokens)[0]

    def timed(
        self, texts: Sequence[tuple[str, str | None]], *, batch_tokens: int | None = None
    ) -> tuple[Floats, list[float]]:
        """Return what `encode` does, and for each text its share of its batch's seconds."""
        import torch

        progress.expect("encode", len(texts), "texts")
        features = np.empty((len(texts), self.layers, self.dim), np.float32)
        tokens = self.tokenise(texts)

        def work(rows: packs.Rows) -> None:
            features[rows] = self._forward([tokens[row] for row in rows])
            progress.advance("encode", len(rows))

        with torch.inference_mode():
            suiting = SESSION_TOKENS if self.session else self._batch_tokens
            lengths = [len(text_tokens["input_ids"]) for text_tokens in tokens]
            taken = packs.run(packs.pack_by_length(lengths, batch_tokens or suiting), work, self.where)
        return features, [taken[row] for row in range(len(texts))]

    def tokenise(self, texts: Sequence[tuple[str, str | None]]) -> list[dict[str, list[int]]]:
        """Return, per text, the tokenizer's numbers by input name, cut to `max_length` and not padded."""
        tokens: list[dict[str, list[int]]] = [{} for _ in texts]
        for paired in (False, True):
            rows = [row for row, (_, pair) in enumerate(texts) if (pair is not None) == paired]
            for start in range(0, len(rows), _TOKENISE):
                batch = rows[start : start + _TOKENISE]
                second = [texts[row][1] for row in batch] if paired else None
                first = [self._marked(texts[row][0]) for row in batch]
                with self._lock:
                    encoded = self._tokenizer(first, second, truncation=True, max_length=self.max_length)
                for index, row in enumerate(batch):
                    tokens[row] = {name: encoded[name][index] for name in encoded}
        return tokens

    def _marked(self, text: str) -> str:
        return self._prepending.marked(text) if self._prepending else text

    def _forward(self, tokens: Sequence[dict[str, list[int]]]) -> Floats:
        """Encode one batch: float32 [b, L, d]."""
        inputs = self.padded(tokens)
        found = self.session(inputs) if self.session else None
        return self.by_torch(inputs) if found is None else found

    def by_torch(self, inputs: dict[str, torch.Tensor]) -> Floats:
        """Encode one batch, as `padded` gives it, in torch: float32 [b, L, d]."""
        mask = inputs["attention_mask"]
        with self._prepending.reading(inputs) if self._prepending else nullcontext():
            states: tuple[torch.Tensor, ...] = self.model(**inputs, output_hidden_states=True).hidden_states
        of_text = [state[:, self._virtual :] for state in states]
        result: Floats = self.pooled(of_text, mask).cpu().numpy()
        return result

    def pooled(self, states: Sequence[torch.Tensor], mask: torch.Tensor) -> torch.Tensor:
        """Pool the states of each layer, [b, T, width], as the card and the folder's modules say: [b, L, d]."""
        import torch

        pooled = [pool(state.float(), mask, self.weights.pooling) for state in states]
        vectors: torch.Tensor = self.after(torch.stack(pooled, dim=1))
        return vectors

    def padded(self, tokens: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        """Pad the tokens of b texts to one batch: the tokenizer's inputs by name, int64 [b, longest], on the device."""
        return {name: self._filled([text_tokens[name] for text_tokens in tokens], name) for name in tokens[0]}

    def _filled(self, rows: Sequence[list[int]], name: str) -> torch.Tensor:
        import torch

        fill = (self._tokenizer.pad_token_id or 0) if name == "input_ids" else 0
        padded = np.full((len(rows), max(map(len, rows))), fill, np.int64)
        for index, row in enumerate(rows):
            padded[index, : len(row)] = row
        return torch.from_numpy(padded).to(self.device)


def last_layer(features: Floats) -> Floats:
    """Return φ: the last layer, each row scaled to unit length.

    Args:
        features: float32 [n, L, d] from `Encoder.encode`.

    Returns:
        float32 [n, d] of unit length; for all-MiniLM-L6-v2 this is the sentence-transformers embedding.

    """
    vectors = features[:, -1]
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return unit


@lru_cache(maxsize=2)
def _kept(weights: Weights, project: Path, device: str, manner: Manner) -> Encoder:
    return Encoder(weights, project, device, manner)


_loading = Lock()


def encoder_for(weights: Weights, project: Path, device: str = "auto", manner: Manner = PLAIN) -> Encoder:
    """Return the encoder of these weights, run in this manner; the last two used stay loaded. Threads may share it.

    Raises:
        ModelError: as `Encoder` does.

    """
    with _loading:
        return _kept(weights, project, choose_device(device), manner)
