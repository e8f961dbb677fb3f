"""A language model of transformers: its weights, its tokens as batches, and where it computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from taskatlas.predict.adapters import read_before, virtual_tokens
from taskatlas.predict.device import choose_device
from taskatlas.predict.language.engine import Engine
from taskatlas.predict.load import load_language_model
from taskatlas.predict.weights import locate
from taskatlas.schemas.language import CausalModel, TransformersModel

if TYPE_CHECKING:
    import torch

CPU_TOKENS, ACCELERATOR_TOKENS = 1_024, 32_768
"""Tokens of a pack, padding and answers included."""


class TransformersEngine(Engine):
    """A causal or an encoder-decoder language model.

    Attributes:
        device: where it computes, or where its first layer does.
        model: of transformers, in evaluation mode.
        writer: what generates: the model, with its virtual tokens where it has some.
        begun: the keys and values of these virtual tokens, which stand before every text; None where there are none.
    """

    def __init__(self, card: TransformersModel, project: Path, device: str = "auto") -> None:
        """Load pinned weights, and the adapter on them where the card has one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        adapter = locate(card.adapter, project) if card.adapter else None
        folder = locate(card.weights, project, gguf=isinstance(card, CausalModel))
        self.writer, tokenizer = load_language_model(folder, card, choose_device(device), adapter=adapter)
        virtual = virtual_tokens(self.writer)
        self.model = self.writer.get_base_model() if virtual else self.writer
        self.begun = read_before(self.writer) if virtual else None
        self.device = str(self.model.device)
        super().__init__(card, tokenizer, self.model.config, spare=virtual)

    @property
    def budget(self) -> int:
        """Tokens of a pack."""
        return CPU_TOKENS if self.device == "cpu" else ACCELERATOR_TOKENS

    def batch(self, rows: Sequence[Sequence[int]], *, left: bool = False) -> dict[str, torch.Tensor]:
        """Pad token lists to one batch with its mask, int64 [b, longest], on the device."""
        import torch

        longest, pad = max(map(len, rows)), self.tokenizer.pad_token_id or 0
        paddings = [[pad] * (longest - len(row)) for row in rows]
        tokens = [[*padding, *row] if left else [*row, *padding] for row, padding in zip(rows, paddings, strict=True)]
        ones = [[1] * len(row) for row in rows]
        zeros = [[0] * len(padding) for padding in paddings]
        mask = [[*zero, *one] if left else [*one, *zero] for one, zero in zip(ones, zeros, strict=True)]
        return {
            name: torch.tensor(value, dtype=torch.int64, device=self.device)
            for name, value in (("input_ids", tokens), ("attention_mask", mask))
        }
