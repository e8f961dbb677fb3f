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
from taskatlas.predict import stopwatch
from taskatlas.predict.demonstrations import Turns, render_turns
from taskatlas.predict.language.engine import Answer, Engine, Floats
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.language.merged import likelihoods
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
        label. Prompts are asked together, so that what they show alike is read once.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, a prompt is missing, or memory does not hold a text.
        """
        progress.expect("answer", len(prompts) * len(texts), "texts")
        required = [required_prompt(self._card, prompt) for prompt in prompts]
        if self._card.writes:
            return self._written(required, texts)
        return self._chosen(required, texts)

    def _written(self, prompts: Sequence[PromptCard], texts: Sequence[Example]) -> list[Answers]:
        """Prompts that are worded alike are answered once, and read each by its own choices."""
        made: dict[tuple[str, ...], tuple[list[str], int, stopwatch.Seconds]] = {}
        answers = []
        for prompt in prompts:
            rendered = tuple(self._rendered(prompt, self._turns(prompt, texts), texts))
            if rendered not in made:
                made[rendered] = self._generated(rendered)
            written, cut, seconds = made[rendered]
            read = from_generated(prompt, written)
            answers.append(replace(read, counts={**read.counts, "cut": cut}, seconds=seconds))
        return answers

    def _generated(self, rendered: Sequence[str]) -> tuple[list[str], int, stopwatch.Seconds]:
        """Return what is written after each text, how many of them were cut, and the seconds that it took."""
        cut = self._engine.cut
        with stopwatch.running() as seconds:
            written = self._engine.generate(list(rendered))
        return written, self._engine.cut - cut, seconds

    def _chosen(self, prompts: Sequence[PromptCard], texts: Sequence[Example]) -> list[Answers]:
        turns = [self._turns(prompt, texts) for prompt in prompts]
        rendered = [self._rendered(prompt, each, texts) for prompt, each in zip(prompts, turns, strict=True)]
        scores, cuts, seconds = self._scores(prompts, rendered)
        if self._card.baseline:
            baselines = self._baseline_scores(prompts, turns)
            scores = [each - baseline for each, baseline in zip(scores, baselines, strict=True)]
        return [
            replace(from_answer_probabilities(prompt, softmax(each)), counts={"cut": cut}, seconds=taken)
            for prompt, each, cut, taken in zip(prompts, scores, cuts, seconds, strict=True)
        ]

    def _turns(self, prompt: PromptCard, texts: Sequence[Example]) -> list[Turns]:
        return render_turns(prompt, texts, self._context)

    def _rendered(self, prompt: PromptCard, turns: Sequence[Turns], texts: Sequence[Example]) -> list[str]:
        inputs = render_inputs(prompt, [(example.text, example.text_pair) for example in texts])
        return [self._engine.render(prompt, *each) for each in zip(turns, inputs, strict=True)]

    def _baseline_scores(self, prompts: Sequence[PromptCard], turns: Sequence[Sequence[Turns]]) -> list[Floats]:
        """Return for each prompt the log-likelihood of every answer after the card's baseline and each text's
        demonstrations: [n, answers]."""
        rows, rendered = [], []
        for prompt, of_prompt in zip(prompts, turns, strict=True):
            nothing = render_inputs(prompt, [(self._card.baseline or "", None)])[0]
            shown = [self._engine.render(prompt, each, nothing) for each in of_prompt]
            different = list(dict.fromkeys(shown))  # most often one for all texts
            index_by_text = {text: index for index, text in enumerate(different)}
            rows.append([index_by_text[text] for text in shown])
            rendered.append(different)
        scores, _, _ = self._scores(prompts, rendered)
        return [each[of_prompt] for each, of_prompt in zip(scores, rows, strict=True)]

    def _scores(
        self, prompts: Sequence[PromptCard], rendered: Sequence[Sequence[str]]
    ) -> tuple[list[Floats], list[int], list[stopwatch.Seconds]]:
        """Return for each prompt the log-likelihood of every answer after every rendered text, normalised as the card
        says, [n, answers]; how many of the texts were cut; and the seconds that they took."""
        delimiter = "" if self._card.chat else self._card.delimiter
        answers = [
            [delimiter + answer for answer_group in render_answers(prompt) for answer in answer_group]
            for prompt in prompts
        ]
        if not any(rendered):
            nothing = [stopwatch.Seconds() for _ in prompts]
            return [np.empty((0, len(of_prompt))) for of_prompt in answers], [0] * len(prompts), nothing
        tokenised, cuts = [], []
        for texts, of_prompt in zip(rendered, answers, strict=True):
            cut = self._engine.cut
            tokenised.append(self._engine.tokenise(texts, of_prompt))
            cuts.append(self._engine.cut - cut)
        scores, seconds = likelihoods(self._engine, tokenised)
        sizes = [self._sizes(of_prompt, tokens) for of_prompt, (_, tokens) in zip(answers, tokenised, strict=True)]
        return [each / size for each, size in zip(scores, sizes, strict=True)], cuts, seconds

    def _sizes(self, answers: Sequence[str], tokens: Sequence[Sequence[Answer]]) -> Floats:
        """Return what log-likelihoods of answers are divided by, as the card says: [n or 1, answers]."""
        if self._card.length == "token":
            return np.array([[len(answer) for answer in answer_group] for answer_group in tokens], np.float64)
        by_character = self._card.length == "character"
        return np.array([[len(answer.strip()) if by_character else 1 for answer in answers]], np.float64)
