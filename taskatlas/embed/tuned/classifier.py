"""The surrogate as its family's own sequence classifier, which FUTE's released code tunes: BERT reads its pooler, T5
the decoder's state at the last end of text (transformers' BertForSequenceClassification, T5ForSequenceClassification).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn


class SurrogateClassifier:
    """A sequence classifier of transformers, all of it frozen."""

    def __init__(self, model: Any) -> None:
        self._model = model
        linear = [
            name
            for name, module in self._head_modules()
            if isinstance(module, nn.Linear) and module.out_features == model.config.num_labels
        ]
        self._output = linear[-1]

    def start(self, classes: int, seed: int) -> dict[str, torch.Tensor]:
        """Return the first values of the head for C classes by parameter name: weights are drawn as the family's are,
        constants are zero, and the row of a class is the same however many there are."""
        generator = np.random.default_rng(seed)
        head = {}
        for name, parameter in sorted(self._head_parameters()):
            shape = (classes, *parameter.shape[1:]) if name.startswith(f"{self._output}.") else tuple(parameter.shape)
            values = generator.normal(0.0, self._spread, shape) if len(shape) > 1 else np.zeros(shape)
            head[name] = torch.from_numpy(values.astype(np.float32)).to(parameter.device)
        return head

    def logits(self, inputs: Mapping[str, torch.Tensor], keep: list[torch.Tensor] | None = None) -> torch.Tensor:
        """Return the logits of b texts, [b, C]; see `Tunable.forward` for `keep`."""
        if self._model.config.is_encoder_decoder:
            return self._decoded(inputs, keep)
        output = self._model(**inputs, output_hidden_states=keep is not None)
        if keep is not None:
            keep.extend(output.hidden_states)
        logits: torch.Tensor = output.logits
        return logits

    def _decoded(self, inputs: Mapping[str, torch.Tensor], keep: list[torch.Tensor] | None) -> torch.Tensor:
        """Let the decoder read the text, too, one token later. transformers wants as many ends in every text, which
        texts with and without a second one have not."""
        words, mask = inputs["input_ids"], inputs.get("attention_mask")
        output = self._model.transformer(
            **inputs,
            decoder_input_ids=self._model._shift_right(words),
            decoder_attention_mask=mask,
            output_hidden_states=keep is not None,
            use_cache=False,
        )
        if keep is not None:
            keep.extend([*output.encoder_hidden_states, *output.decoder_hidden_states])
        positions = torch.arange(words.shape[1], device=words.device)
        ends = torch.where(words == self._model.config.eos_token_id, positions, -1).amax(dim=1)
        states = output.last_hidden_state[torch.arange(len(words), device=words.device), ends]
        logits: torch.Tensor = self._model.classification_head(states)
        return logits

    @property
    def _spread(self) -> float:
        """The standard deviation of a new head's weights: BERT's, and T5's of transformers."""
        config = self._model.config
        if config.is_encoder_decoder:
            return float(config.initializer_factor * config.d_model**-0.5)
        return float(config.initializer_range)

    def _head_modules(self) -> list[tuple[str, nn.Module]]:
        below = f"{self._model.base_model_prefix}."
        return [(name, module) for name, module in self._model.named_modules() if not f"{name}.".startswith(below)]

    def _head_parameters(self) -> list[tuple[str, nn.Parameter]]:
        below = f"{self._model.base_model_prefix}."
        return [(name, value) for name, value in self._model.named_parameters() if not name.startswith(below)]
