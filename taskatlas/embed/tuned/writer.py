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
        """Take the decoder of a model; the model is changed.

        Args:
            model: an encoder-decoder of transformers.
            encoder: the surrogate, whose tokenizer it shares.
        """
        self._model, self._encoder = model, encoder
        self._model.encoder = nn.Identity()  # the encoded text comes from outside, and weights would be held twice
        self._model.requires_grad_(requires_grad=False)
        self._model.set_attn_implementation(attention.NAME)
        self._start = self._model.config.decoder_start_token_id

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise output texts."""
        return [encoded["input_ids"] for encoded in self._encoder.tokenise([(text, None) for text in texts])]

    def likelihoods(self, states: torch.Tensor, mask: torch.Tensor | None, texts: torch.Tensor) -> torch.Tensor:
        """Return the log-likelihood of texts.

        Args:
            states: the encoder's last layer for b texts, [b, T, d].
            mask: which of their tokens count, [b, T]; None for all.
            texts: the tokens of M texts to write after each, int64 [b, M, L], filled with NO_TOKEN.

        Returns:
            [b, M].
        """
        count, n_texts, length = texts.shape
        targets, shape = texts.reshape(count * n_texts, length), (count * n_texts, *states.shape[1:])
        decoder_inputs = functional.pad(targets.clamp(min=0)[:, :-1], (1, 0), value=self._start)
        encoded = states.unsqueeze(1).expand(-1, n_texts, -1, -1).reshape(shape)
        seen = None if mask is None else mask.unsqueeze(1).expand(-1, n_texts, -1).reshape(shape[:2])
        output = self._model(
            encoder_outputs=(encoded,), attention_mask=seen, decoder_input_ids=decoder_inputs, use_cache=False
        )
        return likelihood_of(output.logits, targets).reshape(count, n_texts)
