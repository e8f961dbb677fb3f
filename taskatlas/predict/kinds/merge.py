"""Merged classifiers: several that were fine-tuned from one base, as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.predict.finetuned import Finetuned
from taskatlas.predict.kinds.classifier import Classifier
from taskatlas.predict.load import load_classifier, load_finetuned
from taskatlas.predict.merging import Merged, merge
from taskatlas.predict.model import ModelContext
from taskatlas.predict.weights import locate
from taskatlas.schemas.models import MergeModel


class Merge(Classifier):
    """A model of kind merge. Once its weights are merged, it is a classifier; its tokenizer is the first model's."""

    def __init__(self, card: MergeModel, context: ModelContext) -> None:
        super().__init__(card, context)
        self._merge = card

    def _finetuned(self) -> Finetuned:
        found = super()._finetuned()
        folder = locate(self._merge.base, self._context.project)
        where = f"{self._where}: base"
        base = load_classifier(folder, where, pickled=self._merge.base.trust_pickle)
        if base is None:
            raise ModelError(
                "its family has no classifier", where=where, todo="name the base that they were tuned from"
            )
        found.take(merge(base, self._models(found.model), self._where))
        return found

    def _models(self, first: Any) -> Iterator[Merged]:
        """Yield the models, of which the first is loaded; one of the others at a time."""
        for place, each in enumerate(self._merge.models, start=1):
            where, model = f"{self._where}: models, number {place}", first.cpu()
            if place > 1:
                folder = locate(each.weights, self._context.project)
                model, _ = load_finetuned("SequenceClassification", folder, where, pickled=each.weights.trust_pickle)
            yield Merged(model, each.factor, where)
