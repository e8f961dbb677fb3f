"""The surrogate while it is tuned: a frozen encoder with a few parameters that methods add or choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from taskatlas.embed.tuned import attention
from taskatlas.embed.tuned.classifier import SurrogateClassifier
from taskatlas.embed.tuned.writer import Writer
from taskatlas.errors import InputError
from taskatlas.predict.encode import Encoder
from taskatlas.predict.pooling import pool

Inputs = Mapping[str, torch.Tensor]
"""A batch as the tokenizer names it: input_ids and attention_mask, int64 [b, T], and token_type_ids for some. Without a
mask all tokens count."""


class Tunable(nn.Module):
    """A fresh surrogate, all of it frozen. Methods add parameters to `module` or name some that it has."""

    def __init__(self, encoder: Encoder, surrogate: str) -> None:
        super().__init__()
        self.encoder, self.surrogate = encoder, surrogate
        self.module: nn.Module = encoder.model
        self.module.requires_grad_(requires_grad=False)
        self.module.set_attn_implementation(attention.NAME)
        self.soft_prompt: nn.Parameter | None = None
        self.first_position = 0
        self._writer: Writer | None = None
        self._classifier: SurrogateClassifier | None = None

    @property
    def config(self) -> Any:
        """The surrogate's configuration."""
        return self.module.config

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return torch.device(self.encoder.device)

    def forward(
        self, inputs: Inputs, keep: list[torch.Tensor] | None = None, write: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the last layer pooled over a text's tokens, as the surrogate's card says, [b, d]; those of a soft
        prompt do not count. Of a classifier return the logits, [b, C].

        Args:
            inputs: the texts.
            keep: gets the states after the embeddings and after every layer, [b, T, d] each, where it is given.
            write: tokens of M texts to write after each, int64 [b, M, L]; then their log-likelihoods, [b, M], are
                returned instead.
        """
        if self._classifier:
            return self._classifier.logits(self._placed(inputs), keep)
        room = 0 if self.soft_prompt is None else len(self.soft_prompt)
        output = self.module(**self._prompted(inputs), output_hidden_states=keep is not None)
        states, mask = output.last_hidden_state, inputs.get("attention_mask")
        if keep is not None:
            keep.extend(output.hidden_states)
        if write is None:
            return pooled(states[:, room:], mask, self.encoder.weights.pooling)
        assert self._writer is not None, "a surrogate that writes has a decoder"
        seen = None if mask is None else functional.pad(mask, (room, 0), value=1)
        return self._writer.likelihoods(states, seen, write)

    def _prompted(self, inputs: Inputs) -> Inputs:
        """Put the soft prompt before the texts, where there is one."""
        if self.soft_prompt is None:
            return inputs
        room = len(self.soft_prompt)
        words = self.module.get_input_embeddings()(inputs["input_ids"])  # type: ignore[operator]
        embedded = torch.cat([self.soft_prompt.expand(len(words), -1, -1), words], dim=1)
        seen = {name: functional.pad(value, (room, 0)) for name, value in inputs.items() if name != "input_ids"}
        mask = functional.pad(inputs["attention_mask"], (room, 0), value=1)
        return seen | {"inputs_embeds": embedded, "attention_mask": mask}

    def _placed(self, inputs: Inputs) -> Inputs:
        """Let texts begin at the first position, where positions are learnt and it is not the usual one."""
        if not self.first_position or self.encoder.max_positions is None:
            return inputs
        begin = self.first_position + self.encoder.unused_positions
        length = inputs["input_ids"].shape[1]
        return {**inputs, "position_ids": torch.arange(begin, begin + length, device=self.device)[None]}

    def begin_at(self, position: int, method: str) -> None:
        """Let texts begin at this position.

        Raises:
            InputError: the surrogate has no position for the end of the longest text then.
        """
        most = self.encoder.max_positions
        if most is not None and self.encoder.max_length + position > most:
            why = f"texts begin at position {position}, and it has {most} for {self.encoder.max_length} tokens"
            todo = f"lower max_length on its card to {most - position}"
            raise InputError(f"{method} cannot tune it: {why}", where=f"surrogate {self.surrogate}", todo=todo)
        self.first_position = position

    def add_classifier(self, method: str) -> None:
        """Load the surrogate as its family's sequence classifier.

        Raises:
            InputError: its family has none.
            ModelError: it lacks what lies below the head.
        """
        model = self.encoder.load_classifier()
        if model is None:
            raise self.unsupported(method, "reading sequence_classifier needs a family that has a classifier")
        model.requires_grad_(requires_grad=False)
        model.set_attn_implementation(attention.NAME)
        self.module, self._classifier = model, SurrogateClassifier(model)

    def head_start(self, classes: int, seed: int) -> dict[str, torch.Tensor]:
        """Return the first values of the classifier's head by parameter name; see `SurrogateClassifier.start`."""
        assert self._classifier is not None, "a surrogate with a head is a classifier"
        return {f"module.{name}": value for name, value in self._classifier.start(classes, seed).items()}

    def add_writer(self, method: str) -> None:
        """Load the surrogate's decoder, so that it writes.

        Raises:
            InputError: it has none.
            ModelError: it is incomplete.
        """
        model = self.encoder.load_writer()
        if model is None:
            raise self.unsupported(method, "reading text_to_text needs an encoder-decoder, as T5 is")
        self._writer = Writer(model, self.encoder)

    @property
    def tokenise(self) -> Callable[[Sequence[str]], list[list[int]]] | None:
        """Texts → tokens to write, where it writes."""
        return None if self._writer is None else self._writer.tokenise

    def word_vectors(self) -> torch.Tensor:
        """Return its word vectors, [words, width]."""
        vectors: torch.Tensor = self.module.get_input_embeddings().weight.detach()  # type: ignore[operator]
        return vectors

    def attentions(self, method: str) -> dict[str, nn.Module]:
        """Return its self-attention modules by name, the lowest layer first.

        Raises:
            InputError: it has none that transformers' attention interface reaches.
        """
        modules = {
            name: module
            for name, module in self.named_modules()
            if hasattr(module, "layer_idx") and hasattr(module, "is_causal")
        }
        if not modules:
            raise self.unsupported(method, "its attention cannot be reached")
        return modules

    def parameters_named(self, method: str, ending: str) -> dict[str, torch.Tensor]:
        """Return its own parameters below the embeddings whose names end so.

        Raises:
            InputError: it has none.
        """
        words = self.module.get_input_embeddings().weight  # type: ignore[operator] # T5 calls them `shared`
        parameters = {
            name: value.detach()
            for name, value in self.named_parameters()
            if name.endswith(ending) and value is not words and "embed" not in name and "pooler" not in name
        }
        if not parameters:
            raise self.unsupported(method, f"it has no parameter that ends with {ending!r}")
        return parameters

    def parameters_below_head(self) -> dict[str, torch.Tensor]:
        """Return its own parameters, but for those of a classifier's head."""
        below = f"module.{self.module.base_model_prefix}." if self._classifier else "module."
        return {name: value.detach() for name, value in self.named_parameters() if name.startswith(below)}

    def unsupported(self, method: str, why: str) -> InputError:
        """Return the error of a method that this surrogate cannot support."""
        kind = getattr(self.config, "model_type", "unknown")
        todo = "choose another method (text, crosscov and student work with every encoder) or surrogate"
        return InputError(
            f"{method} cannot tune it: {why} (model type {kind})", where=f"surrogate {self.surrogate}", todo=todo
        )


def pooled(states: torch.Tensor, mask: torch.Tensor | None, pooling: str) -> torch.Tensor:
    """Return states [b, T, d] pooled over the tokens of mask [b, T], all where there is none: [b, d]."""
    if pooling != "mean":
        every = torch.ones(states.shape[:2], dtype=torch.int64, device=states.device)
        return pool(states, every if mask is None else mask, pooling)
    if mask is None:
        return states.mean(dim=1)
    share = (mask / mask.sum(dim=1, keepdim=True)).to(states.dtype)
    return torch.einsum("bt,btd->bd", share, states)
