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
from taskatlas.predict.demonstrations import Turns, render_turns
from taskatlas.predict.language.engine import Engine, Floats
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.language.vllm_engine import VllmEngine
from taskatlas.predict.model import Example, ModelContext, required_prompt
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, from_answer_probabilities, from_generated
from taskatlas.predict.render import render_answers, render_inputs
from taskatlas.schemas.language import LanguageModel
from taskatlas.schemas.prompts import PromptCard

ENGINES: Mapping[str, Callable[[Any, Path, str], Engine]] = {
    "causal": TransformersLanguageModel,
    "seq2seq": TransformersLanguageModel,
    "vllm": VllmEngine,
}
"""A card's kind → the engine class; it takes the card, the project's folder and a device."""


class Language:
    """A model of a kind that `ENGINES` names."""

    def __init__(self, card: LanguageModel, context: ModelContext) -> None:
        self._card, self._context = card, context

    @cached_property
    def _engine(self) -> Engine:
        return ENGINES[self._card.kind](self._card, self._context.project, self._context.device)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with probabilities of each prompt's labels; in mode generate with what was written and its
        label.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, a prompt is missing, or memory does not hold a text.
        """
        progress.expect("answer", len(prompts) * len(texts), "texts")
        return [self._answered(required_prompt(self._card, prompt), texts) for prompt in prompts]

    def _answered(self, prompt: PromptCard, texts: Sequence[Example]) -> Answers:
        demonstrations, cut = render_turns(prompt, texts, self._context), self._engine.cut
        inputs = render_inputs(prompt, [(example.text, example.text_pair) for example in texts])
        rendered = [self._engine.render(prompt, *each) for each in zip(demonstrations, inputs, strict=True)]
        if self._card.writes:
            answers = from_generated(prompt, self._engine.generate(rendered))
            return replace(answers, counts={**answers.counts, "cut": self._engine.cut - cut})
        scores = self._scores(prompt, rendered)
        cut = self._engine.cut - cut
        if self._card.baseline:
            scores = scores - self._baseline_scores(prompt, demonstrations)
        return replace(from_answer_probabilities(prompt, softmax(scores)), counts={"cut": cut})

    def _baseline_scores(self, prompt: PromptCard, demonstrations: Sequence[Turns]) -> Floats:
        """Return the log-likelihood of every answer after the card's baseline and each text's demonstrations: [n,
        answers]."""
        nothing = render_inputs(prompt, [(self._card.baseline or "", None)])[0]
        rendered = [self._engine.render(prompt, each, nothing) for each in demonstrations]
        index_by_text = {
            text: index for index, text in enumerate(dict.fromkeys(rendered))
        }  # most often one for all texts
        return self._scores(prompt, list(index_by_text))[[index_by_text[text] for text in rendered]]

    def _scores(self, prompt: PromptCard, rendered: Sequence[str]) -> Floats:
        """Return the log-likelihood of every answer after every rendered text, normalised as the card says: [n,
        answers]."""
        delimiter = "" if self._card.chat else self._card.delimiter
        answers = [delimiter + answer for answer_group in render_answers(prompt) for answer in answer_group]
        if not rendered:
            return np.empty((0, len(answers)))
        texts, answer_tokens = self._engine.tokenise(rendered, answers)
        scores: Floats = np.stack(self._engine.likelihoods(texts, answer_tokens))
        if self._card.length == "token":
            scores /= np.array([[len(answer) for answer in answer_group] for answer_group in answer_tokens])
        if self._card.length == "character":
            scores /= np.array([len(answer.strip()) for answer in answers])
        return scores
