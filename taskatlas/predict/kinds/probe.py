"""A linear probe: logistic regression, or ridge regression for numbers, over an encoder's frozen φ.

It is fitted on the train split of one dataset and kept as plain arrays, so that it answers alike when it is loaded
again; whether it was just fitted or loaded, it is these arrays that answer.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.errors import ModelError
from taskatlas.predict.encode import Floats
from taskatlas.predict.identity import probe_content
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, from_numbers, from_probabilities
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import add_prefix
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.models import EncoderModel, ProbeModel
from taskatlas.schemas.prompts import PromptCard

KIND = "probes"
LENGTH = 3.0
"""Root mean square length of a standardised φ, at which strength 1 suits. φ as it is regularises too much, and
dimensions of variance 1 too little: docs/decisions/0012-measured-constants.md."""
_Arrays = Mapping[str, npt.NDArray[np.float64]]
_fitting = Lock()


class Probe:
    """A model of kind probe.

    Its arrays, all float64: `mean` and `scale` [d], by which φ is standardised; `weight` [C, d] and `bias` [C], C the
    labels of the dataset, or 1 for numbers. The bias of a label that the train split lacks is minus infinity.
    """

    def __init__(self, card: ProbeModel, context: ModelContext) -> None:
        """Load the fitted probe, or fit it.

        Raises:
            ModelError: the encoder, its dataset or the train examples are missing, or the examples have one label.

        """
        self._where = f"model {card.name}"
        if context.encoder is None or context.dataset is None or context.train is None:
            raise ModelError("needs its encoder, its dataset and the dataset's train split", where=self._where)
        self._card, self._context = card, context
        self._encoder: EncoderModel = context.encoder
        self._phi = Phi(self._encoder, context)
        self._dataset: DatasetCard = context.dataset
        with _fitting:
            self._arrays = self._loaded_or_fitted(context.train)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with probabilities of the dataset's labels, or numbers in its value_range; the same for every
        prompt.

        Raises:
            ModelError: the encoder's weights cannot be loaded.

        """
        arrays = self._arrays
        standard = (self._inputs(texts) - arrays["mean"]) / arrays["scale"]
        outputs = standard @ arrays["weight"].T + arrays["bias"]
        if self._dataset.class_labels:
            answers = from_probabilities(self._dataset.class_labels, softmax(outputs))
        else:
            answers = from_numbers(np.clip(outputs[:, 0], *(self._dataset.value_range or (-np.inf, np.inf))))
        return [answers] * len(prompts)

    def _inputs(self, texts: Sequence[Example]) -> Floats:
        """Return φ of texts, with the encoder's prefix before every text: float32 [n, d]."""
        prefix = self._encoder.prefix
        return self._phi.encode(add_prefix(prefix, texts), shared=not prefix)

    def _loaded_or_fitted(self, train: pa.Table) -> _Arrays:
        rows = train.sort_by("text_id").to_pylist()
        content = [(row["text_id"], row["label"], row["value"]) for row in rows]
        # a probe's id is the same on every machine; what is fitted belongs to the numbers that it was fitted on
        precision = [self._phi.precision] if self._phi.precision != "float32" else []
        key = GRAPH[KIND].key(*probe_content(self._card, self._encoder, self._dataset), content, *precision)
        parts = self._context.parts
        if not parts.has(KIND, key, ".npz"):
            inputs = self._inputs([_example(row) for row in rows])
            if self._dataset.class_labels:
                parts.write_arrays(KIND, key, self._classifier(inputs, [row["label"] for row in rows]))
            else:
                parts.write_arrays(KIND, key, self._regression(inputs, [row["value"] for row in rows]))
        return parts.read_arrays(KIND, key)

    def _classifier(self, inputs: Floats, labels: Sequence[str]) -> _Arrays:
        from sklearn.linear_model import LogisticRegression

        classes = self._dataset.class_labels
        present = [label for label in classes if label in set(labels)]
        if len(present) < 2:
            raise ModelError(
                f"the train split of {self._dataset.name} has the label {', '.join(present) or '(none)'} only",
                where=self._where,
                todo="add examples of other labels",
            )
        mean, scale = _standard(inputs)
        targets = [present.index(label) for label in labels]
        with warnings.catch_warnings():
            # of 150 labels with a few examples each it would say that they might be numbers
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
            fitted = LogisticRegression(C=self._card.strength, max_iter=5_000).fit((inputs - mean) / scale, targets)
        # of two classes scikit-learn keeps the second's log-odds against the first
        pad = len(present) - len(fitted.coef_)
        weight = np.zeros((len(classes), inputs.shape[1]))
        bias = np.full(len(classes), -np.inf)
        class_rows = [classes.index(label) for label in present]
        weight[class_rows] = np.pad(fitted.coef_, ((pad, 0), (0, 0)))
        bias[class_rows] = np.pad(fitted.intercept_, (pad, 0))
        return {"mean": mean, "scale": scale, "weight": weight, "bias": bias}

    def _regression(self, inputs: Floats, values: Sequence[float]) -> _Arrays:
        from sklearn.linear_model import Ridge

        if len(values) < 2:
            raise ModelError(f"the train split of {self._dataset.name} is too small", where=self._where)
        mean, scale = _standard(inputs)
        fitted = Ridge(alpha=1.0 / self._card.strength).fit((inputs - mean) / scale, values)
        return {"mean": mean, "scale": scale, "weight": fitted.coef_[None], "bias": np.array([fitted.intercept_])}


def _example(row: Mapping[str, Any]) -> Example:
    """Return a row with all that its id stands for: what is encoded is kept under it, for everybody."""
    further = tuple(row["fields"] or ()), tuple(row["choices"] or ())
    return Example(row["text_id"], row["text"], row["text_pair"], True, *further)


def _standard(inputs: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the mean [d] of φ, and one scale for all its dimensions [d], which leaves their proportions as they are.

    One scale and not one each, as dimensions that never change would be divided by nothing (all-MiniLM-L6-v2 has two).
    """
    mean = inputs.mean(axis=0, dtype=np.float64)
    length = float(np.sqrt(np.mean(np.sum((inputs - mean) ** 2, axis=1))))
    return mean, np.full(inputs.shape[1], length / LENGTH or 1.0)
