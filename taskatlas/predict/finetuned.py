"""Fine-tuned models of transformers as published: a head on a text encoder or a decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from taskatlas import progress
from taskatlas.predict import packs
from taskatlas.predict.adapters import require_positions, virtual_tokens
from taskatlas.predict.device import choose_device
from taskatlas.predict.encode import ACCELERATOR_TOKENS, CPU_TOKENS
from taskatlas.predict.load import load_finetuned
from taskatlas.predict.model import ModelContext
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights


class Finetuned:
    """A model with its tokenizer, on a device.

    Attributes:
        model: of the class AutoModelFor`kind`, in evaluation mode.
        tokenizer: its own.
    """

    def __init__(
        self, kind: str, weights: Weights, context: ModelContext, where: str, adapter: Weights | None = None
    ) -> None:
        """Load pinned weights, and the adapter on them where there is one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        self._device, self._where = choose_device(context.device), where
        folder = locate(weights, context.project)
        on_it = locate(adapter, context.project) if adapter else None
        model, self.tokenizer = load_finetuned(kind, folder, where, pickled=weights.trust_pickle, adapter=on_it)
        self.model = model.to(self._device)
        require_positions(model, weights.max_length, where)

    def take(self, model: Any) -> None:
        """Let another model of the same tokenizer answer in place of this one."""
        self.model = model.to(self._device)

    def padded(self, tokens: Sequence[Any]) -> Any:
        """Return what the tokenizer gave for texts as tensors of one length, on the device."""
        names = self.tokenizer.model_input_names
        inputs = [{name: value for name, value in each.items() if name in names} for each in tokens]
        return self.tokenizer.pad(inputs, return_tensors="pt").to(self._device)

    def read(self, tokens: Sequence[Any], keep: Callable[[packs.Rows, Any], None]) -> None:
        """Read texts in packs of like length.

        Args:
            tokens: what the tokenizer gave for each text.
            keep: takes the rows of a pack, and what the model gave for them.

        Raises:
            ModelError: memory does not hold a single text.
        """
        import torch

        progress.expect("answer", len(tokens), "texts")

        def work(rows: packs.Rows) -> None:
            keep(rows, self.model(**self.padded([tokens[row] for row in rows])))
            progress.advance("answer", len(rows))

        budget = CPU_TOKENS if self._device == "cpu" else ACCELERATOR_TOKENS
        lengths = [len(text_tokens["input_ids"]) for text_tokens in tokens]
        if virtual_tokens(self.model):  # decoders see word vectors, and do not know padding by them
            rows = packs.pack_near_length(lengths, lengths, budget, 0)
        else:
            rows = packs.pack_by_length(lengths, budget)
        with torch.inference_mode():
            packs.run(rows, work, self._where)
