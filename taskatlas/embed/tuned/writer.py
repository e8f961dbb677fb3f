"""An encoder-decoder's decoder: how likely it writes a text after what its encoder read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from taskatlas.embed.tuned import attention
from taskatlas.predict.encode import Encoder
from taskatlas.predict.language.likelihood import likelihood_of


class Writer:
    """The decoder of a surrogate, all of it frozen."""

    def __init__(self, model: Any, encoder: Encoder) -> None:
        """
        Args:
            model: an encoder-decoder of transformers.
            encoder: the surrogate, whose tokenizer it shares.
        """
        self._model, self._encoder = model, encoder
        self._model.encoder = nn.Identity()  # it is given what was read, and would hold the weights twice
        self._model.requires_grad_(requires_grad=False)
        self._model.set_attn_implementation(attention.NAME)
        self._start = self._model.config.decoder_start_token_id

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of output texts."""
        return [found["input_ids"] for found in self._encoder.tokenise([(text, None) for text in texts])]

    def likelihoods(self, states: torch.Tensor, mask: torch.Tensor | None, texts: torch.Tensor) -> torch.Tensor:
        """The log-likelihood of texts.

        Args:
            states: the encoder's last layer for b texts, [b, T, d].
            mask: which of their tokens count, [b, T]; None for all.
            texts: the tokens of M texts to write after each, int64 [b, M, L], filled with NO_TOKEN.

        Returns:
            [b, M].
        """
        count, each, length = texts.shape
        wanted, shape = texts.reshape(count * each, length), (count * each, *states.shape[1:])
        given = functional.pad(wanted.clamp(min=0)[:, :-1], (1, 0), value=self._start)
        read = states.unsqueeze(1).expand(-1, each, -1, -1).reshape(shape)
        seen = None if mask is None else mask.unsqueeze(1).expand(-1, each, -1).reshape(shape[:2])
        found = self._model(encoder_outputs=(read,), attention_mask=seen, decoder_input_ids=given, use_cache=False)
        return likelihood_of(found.logits, wanted).reshape(count, each)
