"""A language model of transformers as it is loaded: causal, or an encoder with a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taskatlas.predict.language import causal, seq2seq
from taskatlas.predict.language.engine import Answer, Floats
from taskatlas.predict.language.transformers_engine import TransformersEngine
from taskatlas.predict.language.writing import written
from taskatlas.schemas.language import TransformersModel


class Loaded(TransformersEngine):
    """A causal or an encoder-decoder language model."""

    def __init__(self, card: TransformersModel, project: Path, device: str = "auto") -> None:
        """Load pinned weights, and the adapter on them where the card has one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        super().__init__(card, project, device)
        self._way = causal if card.kind == "causal" else seq2seq

    def tokenised(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """Of a causal model, answers are tokenised together with the texts before them."""
        found: tuple[list[list[int]], list[list[Answer]]] = self._way.tokenised(self, texts, answers)
        return found

    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """Those of one text and one answer at a time, whatever else is asked."""
        found: list[Floats] = self._way.likelihoods(self, texts, answers)
        return found

    def written(self, texts: Sequence[str]) -> list[str]:
        """The likeliest token after the other."""
        return written(self, texts)
