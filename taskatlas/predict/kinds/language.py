"""Language models: prompts are answered by the likelihood of their answers, or freely.

Likelihoods of answers become probabilities by a softmax over all answers of the prompt, after the card's normalisation
of length (per token as Brown et al. 2020, arXiv 2005.14165; per character as lm-evaluation-harness's acc_norm) and its
calibration by a text that says nothing (domain-conditional PMI, Holtzman et al. 2021, arXiv 2104.08315).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from taskatlas import progress
from taskatlas.predict.demonstrations import Turns, turns
from taskatlas.predict.language.engine import Engine, Floats
from taskatlas.predict.language.loaded import Loaded
from taskatlas.predict.language.vllm_engine import VllmEngine
from taskatlas.predict.model import Context, Example, given
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, of_labels, of_written
from taskatlas.predict.render import render_answers, render_inputs
from taskatlas.schemas.language import LanguageModel
from taskatlas.schemas.prompts import PromptCard

ENGINES: Mapping[str, Callable[[Any, Path, str], Engine]] = {
    "causal": Loaded,
    "seq2seq": Loaded,
    "vllm": VllmEngine,
}
"""A card's kind → what computes, made from the card, the project's folder and a device."""


class Language:
    """A model of a kind that `ENGINES` names."""

    def __init__(self, card: LanguageModel, context: Context) -> None:
        self._card, self._context = card, context

    @cached_property
    def _engine(self) -> Engine:
        return ENGINES[self._card.kind](self._card, self._context.project, self._context.device)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Probabilities of each prompt's labels; in mode generate what was written, with the label it means.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, a prompt is missing, or memory does not hold a text.
        """
        progress.expect("answer", len(prompts) * len(texts), "texts")
        return [self._answered(given(self._card, prompt), texts) for prompt in prompts]

    def _answered(self, prompt: PromptCard, texts: Sequence[Example]) -> Answers:
        before, cut = turns(prompt, texts, self._context), self._engine.cut
        inputs = render_inputs(prompt, [(example.text, example.text_pair) for example in texts])
        shown = [self._engine.shown(prompt, *each) for each in zip(before, inputs, strict=True)]
        if self._card.writes:
            answers = of_written(prompt, self._engine.written(shown))
            return replace(answers, counts={**answers.counts, "cut": self._engine.cut - cut})
        scores = self._scores(prompt, shown)
        cut = self._engine.cut - cut
        if self._card.baseline:
            scores = scores - self._after_nothing(prompt, before)
        return replace(of_labels(prompt, softmax(scores)), counts={"cut": cut})

    def _after_nothing(self, prompt: PromptCard, before: Sequence[Turns]) -> Floats:
        """The log-likelihood of every answer after the card's baseline and each text's demonstrations: [n, answers]."""
        nothing = render_inputs(prompt, [(self._card.baseline or "", None)])[0]
        shown = [self._engine.shown(prompt, each, nothing) for each in before]
        places = {text: place for place, text in enumerate(dict.fromkeys(shown))}  # most often one for all texts
        return self._scores(prompt, list(places))[[places[text] for text in shown]]

    def _scores(self, prompt: PromptCard, shown: Sequence[str]) -> Floats:
        """The log-likelihood of every answer after every shown text, as long as the card says: [n, answers]."""
        before = "" if self._card.chat else self._card.delimiter
        answers = [before + answer for some in render_answers(prompt) for answer in some]
        if not shown:
            return np.empty((0, len(answers)))
        texts, after = self._engine.tokenised(shown, answers)
        scores: Floats = np.stack(self._engine.likelihoods(texts, after))
        if self._card.length == "token":
            scores /= np.array([[len(answer) for answer in some] for some in after])
        if self._card.length == "character":
            scores /= np.array([len(answer.strip()) for answer in answers])
        return scores
