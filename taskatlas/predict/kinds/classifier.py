"""Fine-tuned sequence classifiers and regressors of transformers, as they are published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from taskatlas.errors import ModelError, did_you_mean
from taskatlas.predict import packs
from taskatlas.predict.finetuned import Finetuned
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, from_numbers, from_probabilities
from taskatlas.schemas.models import ClassifierModel, MergeModel
from taskatlas.schemas.prompts import PromptCard

_UNNAMED = re.compile(r"LABEL_\d+")


class Classifier:
    """A model of kind classifier. It answers all prompts alike."""

    def __init__(self, card: ClassifierModel | MergeModel, context: ModelContext) -> None:
        self._card, self._context, self._where = card, context, f"model {card.name}"

    def _finetuned(self) -> Finetuned:
        adapter = self._card.adapter if isinstance(self._card, ClassifierModel) else None
        return Finetuned("SequenceClassification", self._card.weights, self._context, self._where, adapter)

    @cached_property
    def _loaded(self) -> Finetuned:
        finetuned = self._finetuned()
        tokenizer, config = finetuned.tokenizer, finetuned.model.config.get_text_config()
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if config.pad_token_id is None:  # decoders look for it to find a text's end
            config.pad_token_id = tokenizer.pad_token_id
        return finetuned

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with probabilities of the card's labels, or with numbers.

        Raises:
            ModelError: the weights cannot be loaded, or their labels are not the card's.
        """
        logits = self._logits(texts)
        if self._card.labels == "number":
            return [from_numbers(logits[:, 0])] * len(prompts)
        return [from_probabilities(self._card.labels, softmax(logits[:, self._order]))] * len(prompts)

    @cached_property
    def _order(self) -> list[int]:
        """The output of each of the card's labels."""
        return self._order_in(self._loaded.model.config)

    def _order_in(self, config: Any) -> list[int]:
        id2label, labels = dict(config.id2label), self._card.labels
        if not self._card.label_map and all(_UNNAMED.fullmatch(str(name)) for name in id2label.values()):
            return list(range(len(labels)))
        mapped = {source.casefold(): target.casefold() for source, target in self._card.label_map.items()}
        named = {mapped.get(str(name).casefold(), str(name).casefold()): int(index) for index, name in id2label.items()}
        for label in labels:
            if label.casefold() not in named:
                hint = did_you_mean(label, [str(name) for name in id2label.values()])
                raise ModelError(
                    f"the weights have no label {label!r}",
                    where=self._where,
                    todo=f"{hint} Lead it there with label_map",
                )
        return [named[label.casefold()] for label in labels]

    def _check(self, config: Any) -> None:
        """Check that the weights answer as the card says."""
        labels, outputs = self._card.labels, config.num_labels
        expected = 1 if labels == "number" else len(labels)
        if outputs != expected:
            kind = "a number" if outputs == 1 else f"{outputs} labels ({', '.join(map(str, config.id2label.values()))})"
            raise ModelError(f"the weights give {kind}, the card {expected}", where=self._where, todo="mend labels")
        if config.problem_type == "multi_label_classification":
            what = "the weights give several labels at once, which are no probabilities of one"
            raise ModelError(what, where=self._where, todo="use one that gives one label")

    def _tokens(self, loaded: Finetuned, texts: Sequence[tuple[str, str | None]]) -> list[Any]:
        cut = {"truncation": True, "max_length": self._card.weights.max_length}
        return [loaded.tokenizer(text, pair, **cut) for text, pair in texts]

    def _logits(self, texts: Sequence[Example]) -> npt.NDArray[np.float32]:
        """Return float32 [n, outputs], columns in the order of the weights and not of the card."""
        loaded = self._loaded
        outputs = loaded.model.config.num_labels
        self._check(loaded.model.config)
        logits = np.empty((len(texts), outputs), np.float32)
        tokens = self._tokens(loaded, [(example.text, example.text_pair) for example in texts])

        def keep(rows: packs.Rows, read: Any) -> None:
            logits[rows] = read.logits.float().cpu().numpy()

        loaded.read(tokens, keep)
        return logits
