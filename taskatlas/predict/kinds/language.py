"""Language models: prompts are answered by the likelihood of their answers, or freely.

Likelihoods of answers become probabilities by a softmax over all answers of the prompt, after the card's normalisation
of length (per token as Brown et al. 2020, arXiv 2005.14165; per character as lm-evaluation-harness's acc_norm) and its
calibration by a text that says nothing (domain-conditional PMI, Holtzman et al. 2021, arXiv 2104.08315).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from schemas.cards import PromptCard
from schemas.models import LanguageModel
from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict.language import causal, seq2seq
from taskatlas.predict.language.loaded import Loaded
from taskatlas.predict.language.writing import written
from taskatlas.predict.model import Context, Example
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, of_labels, of_written
from taskatlas.predict.render import render_answers, render_inputs

Floats = npt.NDArray[np.float64]


class Language:
    """A model of kind causal or seq2seq."""

    def __init__(self, card: LanguageModel, context: Context) -> None:
        self._card, self._context = card, context
        self._engine = causal if card.kind == "causal" else seq2seq

    @cached_property
    def _loaded(self) -> Loaded:
        return Loaded(self._card, self._context.project, self._context.device)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Probabilities of each prompt's labels; in mode generate what was written, with the label it means.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, a prompt is missing, or memory does not hold a text.
        """
        progress.expect("answer", len(prompts) * len(texts), "texts")
        return [self._answered(self._given(prompt), texts) for prompt in prompts]

    def _given(self, prompt: PromptCard | None) -> PromptCard:
        if prompt is None or not (prompt.choices or self._card.writes):
            what = "a language model needs a prompt" + (" with choices" if prompt else "")
            raise ModelError(what, where=f"model {self._card.name}", todo="write one for it, or use mode: generate")
        return prompt

    def _answered(self, prompt: PromptCard, texts: Sequence[Example]) -> Answers:
        cut = self._loaded.cut
        answers = self._asked(prompt, texts)
        return replace(answers, counts={**answers.counts, "cut": self._loaded.cut - cut})

    def _asked(self, prompt: PromptCard, texts: Sequence[Example]) -> Answers:
        pairs = [(example.text, example.text_pair) for example in texts]
        shown = [self._loaded.shown(text, prompt.system) for text in render_inputs(prompt, pairs)]
        if self._card.writes:
            return of_written(prompt, written(self._loaded, shown))
        if not shown:
            return of_labels(prompt, np.empty((0, sum(map(len, prompt.answers.values()))), np.float32))
        scores = self._scores(prompt, shown)
        if self._card.baseline:
            nothing = render_inputs(prompt, [(self._card.baseline, None)])
            scores = scores - self._scores(prompt, [self._loaded.shown(nothing[0], prompt.system)])
        return of_labels(prompt, softmax(scores))

    def _scores(self, prompt: PromptCard, shown: Sequence[str]) -> Floats:
        """The log-likelihood of every answer after every shown text, as long as the card says: [n, answers]."""
        before = "" if self._card.chat else self._card.delimiter
        answers = [before + answer for some in render_answers(prompt) for answer in some]
        tokens = [self._engine.tokenised(self._loaded, text, answers) for text in shown]
        found = self._engine.likelihoods(self._loaded, [text for text, _ in tokens], [some for _, some in tokens])
        scores: Floats = np.stack(found)
        if self._card.length == "token":
            scores /= np.array([[len(answer) for answer in some] for _, some in tokens])
        if self._card.length == "character":
            scores /= np.array([len(answer.strip()) for answer in answers])
        return scores
