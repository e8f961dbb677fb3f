"""A language model of transformers: causal, or an encoder with a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taskatlas.predict.language import causal, seq2seq
from taskatlas.predict.language.engine import Answer, Floats, Until
from taskatlas.predict.language.transformers_engine import TransformersEngine
from taskatlas.predict.language.writing import generate
from taskatlas.schemas.language import CausalModel, TransformersModel


class TransformersLanguageModel(TransformersEngine):
    """A causal or an encoder-decoder language model."""

    def __init__(self, card: TransformersModel, project: Path, device: str = "auto") -> None:
        """Load pinned weights, and the adapter on them where the card has one.

        Raises:
            ModelError: they are missing, wrong or incomplete, of another kind, or the device is not there.
        """
        super().__init__(card, project, device)
        self._scoring = causal if isinstance(card, CausalModel) else seq2seq

    def tokenise(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """Tokenise as `Engine.tokenise`; of a causal model each answer together with the text before it."""
        tokens: tuple[list[list[int]], list[list[Answer]]] = self._scoring.tokenise(self, texts, answers)
        return tokens

    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """Return what scoring one text and one answer at a time would give, whatever else is scored along."""
        scores: list[Floats] = self._scoring.likelihoods(self, texts, answers)
        return scores

    def generate(self, texts: Sequence[str], until: Until | None = None) -> list[str]:
        """Generate the likeliest token after the other."""
        return generate(self, texts, self.until(until))
