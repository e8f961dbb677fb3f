"""A language model as it is loaded: its tokens, its room, and where it computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.models import LanguageModel
from taskatlas.errors import ModelError
from taskatlas.predict.device import choose_device
from taskatlas.predict.load import load_language_model
from taskatlas.predict.weights import locate

if TYPE_CHECKING:
    import torch

CPU_TOKENS, ACCELERATOR_TOKENS = 1_024, 32_768
"""Tokens of a pack, padding and answers included."""
Answer = list[int]
"""Tokens of one answer."""


class Loaded:
    """A causal or an encoder-decoder language model.

    Attributes:
        card: its card.
        where: what errors name.
        device: where it computes.
        model: of transformers, in evaluation mode.
        tokenizer: of transformers.
        cut: how many shown texts were longer than there is room for, so far.
    """

    def __init__(self, card: LanguageModel, project: Path, device: str = "auto") -> None:
        """Load pinned weights, and the adapter on them where the card has one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        self.card, self.where, self.device = card, f"model {card.name}", choose_device(device)
        adapter = locate(card.adapter, project) if card.adapter else None
        folder = locate(card.weights, project)
        self.model, self.tokenizer = load_language_model(
            folder,
            card.kind,
            self.where,
            precision=card.precision,
            device=self.device,
            adapter=adapter,
            pickled=card.weights.trust_pickle,
        )
        self.cut = 0
        if self.tokenizer.pad_token_id is None:  # it is masked or cut off wherever it stands
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.unk_token
        if card.chat and not self.tokenizer.chat_template:
            raise ModelError("its tokenizer has no chat template", where=self.where, todo="set chat: false on the card")

    @property
    def budget(self) -> int:
        """Tokens of a pack."""
        return CPU_TOKENS if self.device == "cpu" else ACCELERATOR_TOKENS

    @property
    def room(self) -> int:
        """Tokens of what is shown and what is answered: as many as the card says, if the model has places for them."""
        config = self.model.config
        places = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        return min(self.card.weights.max_length, places or self.card.weights.max_length)

    def shown(self, text: str, system: str | None = None) -> str:
        """A rendered prompt as the model is shown it: as it is, or as a chat."""
        if not self.card.chat:
            return text
        said = [{"role": "system", "content": system}] if system else []
        turns = [*said, {"role": "user", "content": text}]
        found: str = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return found

    def tokens(self, text: str) -> list[int]:
        """The tokens of what is shown, whole. A chat holds its special tokens already."""
        found: list[int] = self.tokenizer(text, add_special_tokens=not self.card.chat)["input_ids"]
        return found

    def fitted(self, tokens: Sequence[int], answer: int) -> list[int]:
        """What is shown, cut on the card's side to leave room for an answer of so many tokens."""
        room = self.room - answer
        if room < 1:
            raise ModelError(
                f"an answer of {answer} tokens leaves no room for a text in its {self.room}",
                where=self.where,
                todo="raise max_length, or shorten the answer",
            )
        if len(tokens) <= room:
            return list(tokens)
        self.cut += 1
        return list(tokens[-room:] if self.card.truncate == "left" else tokens[:room])

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
