"""A language model of transformers as it is loaded: its tokens, and where it computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.language import TransformersModel
from taskatlas.predict.device import choose_device
from taskatlas.predict.language import causal, seq2seq
from taskatlas.predict.language.engine import Answer, Engine, Floats
from taskatlas.predict.language.writing import written
from taskatlas.predict.load import load_language_model
from taskatlas.predict.weights import locate

if TYPE_CHECKING:
    import torch

CPU_TOKENS, ACCELERATOR_TOKENS = 1_024, 32_768
"""Tokens of a pack, padding and answers included."""


class Loaded(Engine):
    """A causal or an encoder-decoder language model.

    Attributes:
        device: where it computes, or where its first layer does.
        model: of transformers, in evaluation mode.
    """

    def __init__(self, card: TransformersModel, project: Path, device: str = "auto") -> None:
        """Load pinned weights, and the adapter on them where the card has one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        adapter = locate(card.adapter, project) if card.adapter else None
        folder = locate(card.weights, project)
        self.model, tokenizer = load_language_model(folder, card, choose_device(device), adapter=adapter)
        self.device = str(self.model.device)
        super().__init__(card, tokenizer, self.model.config)
        self._way = causal if card.kind == "causal" else seq2seq

    @property
    def budget(self) -> int:
        """Tokens of a pack."""
        return CPU_TOKENS if self.device == "cpu" else ACCELERATOR_TOKENS

    def tokenised(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """Of a causal model, answers are tokenised together with the texts before them."""
        found: tuple[list[list[int]], list[list[Answer]]] = self._way.tokenised(self, texts, answers)
        return found

    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """Those of one text and one answer at a time, whatever else is asked."""
        found: list[Floats] = self._way.likelihoods(self, texts, answers)
        return found

    def written(self, texts: Sequence[str]) -> list[str]:
        """The likeliest token after the other."""
        return written(self, texts)

    def batch(self, rows: Sequence[Sequence[int]], *, left: bool = False) -> dict[str, torch.Tensor]:
        """Token lists as one padded batch with its mask, int64 [b, longest], on the device."""
        import torch

        longest, pad = max(map(len, rows)), self.tokenizer.pad_token_id or 0
        filled = [[pad] * (longest - len(row)) for row in rows]
        tokens = [[*fill, *row] if left else [*row, *fill] for row, fill in zip(rows, filled, strict=True)]
        ones = [[1] * len(row) for row in rows]
        zeros = [[0] * len(fill) for fill in filled]
        mask = [[*zero, *one] if left else [*one, *zero] for one, zero in zip(ones, zeros, strict=True)]
        return {
            name: torch.tensor(value, dtype=torch.int64, device=self.device)
            for name, value in (("input_ids", tokens), ("attention_mask", mask))
        }
