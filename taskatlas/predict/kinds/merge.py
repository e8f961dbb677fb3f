"""Merged classifiers: several that were fine-tuned from one base, as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.cards.labels import label_positions
from taskatlas.errors import ModelError
from taskatlas.hashing import digest
from taskatlas.predict import factors
from taskatlas.predict.finetuned import Finetuned
from taskatlas.predict.identity import merge_content
from taskatlas.predict.kinds.classifier import Classifier
from taskatlas.predict.load import load_classifier, load_finetuned
from taskatlas.predict.merging import Change, Merged, change_of, merge, tensors_below
from taskatlas.predict.model import ModelContext
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.models import FittedFactors, MergeModel

KIND = "factors"
_Factor = Callable[[str], float]
_finding = Lock()


class Merge(Classifier):
    """A model of kind merge. Once its weights are merged, it is a classifier; its tokenizer is the first model's."""

    def __init__(self, card: MergeModel, context: ModelContext) -> None:
        super().__init__(card, context)
        self._merge = card

    def _finetuned(self) -> Finetuned:
        loaded = super()._finetuned()
        folder = locate(self._merge.base, self._context.project)
        where = f"{self._where}: base"
        base = load_classifier(folder, where, pickled=self._merge.base.trust_pickle)
        if base is None:
            raise ModelError(
                "its family has no classifier", where=where, todo="name the base that they were tuned from"
            )
        first = loaded.model.cpu()
        by_model = self._given() if self._merge.factors is None else self._found(self._merge.factors, base, loaded)
        models = (
            Merged(model, factor, where) for (model, where), factor in zip(self._models(first), by_model, strict=True)
        )
        loaded.take(merge(base, models, self._where))
        return loaded

    def _models(self, first: Any) -> Iterator[tuple[Any, str]]:
        """Yield the models, of which the first is loaded; one of the others at a time."""
        for place, each in enumerate(self._merge.models, start=1):
            where, model = f"{self._where}: models, number {place}", first
            if place > 1:
                folder = locate(each.weights, self._context.project)
                model, _ = load_finetuned("SequenceClassification", folder, where, pickled=each.weights.trust_pickle)
            yield model, where

    def _given(self) -> list[_Factor]:
        return [lambda _, factor=each.factor: factor for each in self._merge.models]  # type: ignore[misc]

    def _found(self, found: FittedFactors, base: Any, loaded: Finetuned) -> list[_Factor]:
        """Return the factors that were found before, or find them."""
        dataset, train = self._context.dataset, self._context.train
        if dataset is None or train is None:
            raise ModelError("needs its dataset and the dataset's train split", where=self._where)
        texts = _sample(train, found.seed)
        content = [(row["text_id"], row["label"], row["value"]) for row in texts]
        key = GRAPH[KIND].key(*merge_content(self._merge, dataset), content)
        parts = self._context.parts
        with _finding:
            if not parts.has(KIND, key, ".npz"):
                right = self._right(loaded.model.config, texts, dataset)
                parts.write_arrays(KIND, key, self._searched(found, base, loaded, texts, right))
        arrays = parts.read_arrays(KIND, key)
        place = {str(block): at for at, block in enumerate(arrays["blocks"])}
        return [lambda block, own=own: float(own[place[block]]) for own in arrays["factors"]]  # type: ignore[misc]

    def _searched(
        self,
        found: FittedFactors,
        base: Any,
        loaded: Finetuned,
        rows: Sequence[Mapping[str, Any]],
        right: npt.NDArray[Any],
    ) -> dict[str, npt.NDArray[Any]]:
        """Return the blocks of a model and each model's factors, float64 [n, blocks]. All models are in memory."""
        first, begin = loaded.model, tensors_below(base)
        changes: list[Change] = []
        for model, where in self._models(first):
            changes.append(change_of(begin, model, changes[0].labels if changes else (), where))
        tokens = self._tokens(loaded, [(row["text"], row["text_pair"]) for row in rows])
        loaded.take(merge(base, [Merged(first, lambda _: 1.0, self._where)], self._where))
        span, texts = factors.MergeSpan(loaded.model, begin, changes), factors.RightTexts(tokens, right, loaded.padded)
        if found.by == "similarity":
            values = factors.by_similarity(span, texts)
        else:
            values = factors.by_labels(span, texts, found.seed, blocks=found.by == "blocks")
        return {"blocks": np.array(span.blocks), "factors": values}

    def _right(self, config: Any, rows: Sequence[Mapping[str, Any]], dataset: DatasetCard) -> npt.NDArray[Any]:
        """Return the output of the weights that stands for each text's label, or the numbers."""
        self._check(config)
        if len(rows) < 2:
            what = f"the train split of {dataset.name} is too small to find factors by"
            raise ModelError(what, where=self._where, todo="add examples, or give the factors")
        if self._card.labels == "number":
            return np.array([row["value"] for row in rows], np.float64)
        positions = label_positions(self._card.labels, dataset.class_labels, self._card.mapping.get(dataset.name))
        output_of = dict(zip(positions.tolist(), self._order_in(config), strict=True))
        return np.array([output_of[dataset.class_labels.index(row["label"])] for row in rows], np.int64)


def _sample(train: pa.Table, seed: int) -> list[dict[str, Any]]:
    """Return the texts that factors are found by, chosen by content hash, so that their order is no matter."""
    rows: list[dict[str, Any]] = train.to_pylist()
    return sorted(rows, key=lambda row: digest("factors", seed, row["text_id"]))[: factors.TEXTS]
