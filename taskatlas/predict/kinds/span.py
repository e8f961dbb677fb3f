"""Extractive question answerers of transformers: the answer is a span of the text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from taskatlas.errors import ModelError
from taskatlas.predict import packs
from taskatlas.predict.finetuned import Finetuned
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.outputs import Answers, from_texts
from taskatlas.schemas.models import SpanModel
from taskatlas.schemas.prompts import PromptCard


class Span:
    """A model of kind span: of all spans within the text that are no longer than the card says, the one whose start
    and end it finds likeliest. An empty answer means that it points to no span."""

    def __init__(self, card: SpanModel, context: ModelContext) -> None:
        self._card, self._context, self._where = card, context, f"model {card.name}"

    @cached_property
    def _loaded(self) -> Finetuned:
        finetuned = Finetuned("QuestionAnswering", self._card.weights, self._context, self._where)
        if not finetuned.tokenizer.is_fast:
            raise ModelError("its tokenizer cannot say where a token stands", where=self._where, todo="use a fast one")
        return finetuned

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with a span of each, the same for every prompt.

        Raises:
            ModelError: the weights cannot be loaded, a text has no question, or a question leaves no room for its text.
        """
        questions = [self._question(example) for example in texts]
        tokens = [self._tokens(question, example.text) for question, example in zip(questions, texts, strict=True)]
        spans = [""] * len(texts)

        def keep(rows: packs.Rows, read: Any) -> None:
            starts, ends = (part.float().cpu().numpy() for part in (read.start_logits, read.end_logits))
            for index, row in enumerate(rows):
                spans[row] = self._span(texts[row].text, tokens[row], starts[index], ends[index])

        self._loaded.read(tokens, keep)
        return [from_texts(spans)] * len(prompts)

    def _question(self, example: Example) -> str:
        question = self._card.question or example.text_pair
        if not question:
            raise ModelError(
                f"there is no question about {example.text[:80]!r}", where=self._where, todo="put one on the card"
            )
        return question

    def _tokens(self, question: str, text: str) -> Any:
        """Tokenise question and text as one sequence, the text cut at its end, with the offsets of each token."""
        cut = {"truncation": "only_second", "max_length": self._card.weights.max_length}
        try:
            return self._loaded.tokenizer(question, text, return_offsets_mapping=True, **cut)
        except Exception as error:  # the tokenizer's own, when the question alone is too long
            what = f"the question {question[:80]!r} leaves no room for a text"
            raise ModelError(what, where=self._where, todo="raise max_length, or shorten it") from error

    def _span(self, text: str, tokens: Any, starts: np.ndarray, ends: np.ndarray) -> str:
        """Return the likeliest span of the text."""
        within = np.array([part == 1 for part in tokens.sequence_ids()])
        count = len(within)
        scores = np.where(within, starts[:count], -np.inf)[:, None] + np.where(within, ends[:count], -np.inf)
        scores[np.tril_indices(count, -1)] = -np.inf
        scores[np.triu_indices(count, self._card.max_tokens)] = -np.inf
        first, last = np.unravel_index(int(scores.argmax()), scores.shape)
        if not np.isfinite(scores[first, last]):
            return ""
        offsets = tokens["offset_mapping"]
        return text[offsets[int(first)][0] : offsets[int(last)][1]].strip()
