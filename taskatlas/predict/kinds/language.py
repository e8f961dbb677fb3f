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
from taskatlas.predict.language.merged import Tokenised, likelihoods
from taskatlas.predict.language.vllm_engine import VllmEngine
from taskatlas.predict.model import Example, ModelContext, required_prompt
from taskatlas.predict.outputs import Answers, from_answer_scores, from_generated
from taskatlas.predict.render import InputRow, answers_by_row, render_inputs
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
            read = from_generated(prompt, written, texts)
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
        answers = [answers_by_row(prompt, texts) for prompt in prompts]
        scores, cuts, seconds = self._scores(rendered, answers)
        if self._card.baseline:
            baselines = self._baseline_scores(prompts, turns, texts, answers)
            scores = [each - baseline for each, baseline in zip(scores, baselines, strict=True)]
        return [
            replace(from_answer_scores(prompt, each, own), counts={"cut": cut}, seconds=taken)
            for prompt, each, own, cut, taken in zip(prompts, scores, answers, cuts, seconds, strict=True)
        ]

    def _turns(self, prompt: PromptCard, texts: Sequence[Example]) -> list[Turns]:
        return render_turns(prompt, texts, self._context)

    def _rendered(self, prompt: PromptCard, turns: Sequence[Turns], texts: Sequence[Example]) -> list[str]:
        inputs = render_inputs(prompt, texts)
        return [self._engine.render(prompt, *each) for each in zip(turns, inputs, strict=True)]

    def _baseline_scores(
        self,
        prompts: Sequence[PromptCard],
        turns: Sequence[Sequence[Turns]],
        texts: Sequence[Example],
        answers: Sequence[Sequence[Sequence[str]]],
    ) -> list[Floats]:
        """Return for each prompt the log-likelihood of every answer after the card's baseline and each text's
        demonstrations and choices: [n, answers]."""
        rows, rendered, asked = [], [], []
        for prompt, of_prompt, own in zip(prompts, turns, answers, strict=True):
            nothing = render_inputs(
                prompt, [InputRow(self._card.baseline or "", choices=each.choices) for each in texts]
            )
            shown = [
                (self._engine.render(prompt, each, text), tuple(of_text))
                for each, text, of_text in zip(of_prompt, nothing, own, strict=True)
            ]
            different = list(dict.fromkeys(shown))  # most often one for all texts
            index_by_shown = {each: index for index, each in enumerate(different)}
            rows.append([index_by_shown[each] for each in shown])
            rendered.append([text for text, _ in different])
            asked.append([of_text for _, of_text in different])
        scores, _, _ = self._scores(rendered, asked)
        return [each[of_prompt] for each, of_prompt in zip(scores, rows, strict=True)]

    def _scores(
        self, rendered: Sequence[Sequence[str]], answers: Sequence[Sequence[Sequence[str]]]
    ) -> tuple[list[Floats], list[int], list[stopwatch.Seconds]]:
        """Score the answers of prompts.

        Args:
            rendered: for each prompt n texts as it shows them.
            answers: for each prompt and text all its answers; blank ones are not there.

        Returns:
            For each prompt the log-likelihood of every answer after every text, normalised as the card says, 0 of those
            that are not there: [n, answers]; how many of the texts were cut; and the seconds that they took.
        """
        if not any(rendered):
            nothing = [stopwatch.Seconds() for _ in rendered]
            return [np.empty((0, 0)) for _ in rendered], [0] * len(rendered), nothing
        tokenised, cuts = [], []
        for texts, of_prompt in zip(rendered, answers, strict=True):
            cut = self._engine.cut
            tokenised.append(self._tokenised(texts, of_prompt))
            cuts.append(self._engine.cut - cut)
        scores, seconds = likelihoods(self._engine, tokenised)
        normalised = [
            self._normalised(of_prompt, own, tokens)
            for of_prompt, own, (_, tokens) in zip(scores, answers, tokenised, strict=True)
        ]
        return normalised, cuts, seconds

    def _tokenised(self, texts: Sequence[str], answers: Sequence[Sequence[str]]) -> Tokenised:
        """Tokenise texts with their answers; texts that have the same ones in one call."""
        token_lists: list[list[int]] = [[]] * len(texts)
        answer_lists: list[list[Answer]] = [[]] * len(texts)
        delimiter = "" if self._card.chat else self._card.delimiter
        rows_by_answers: dict[tuple[str, ...], list[int]] = {}
        for row, own in enumerate(answers):
            rows_by_answers.setdefault(tuple(filter(None, own)), []).append(row)
        for own, rows in rows_by_answers.items():
            delimited = [delimiter + answer for answer in own]
            tokens = self._engine.tokenise([texts[row] for row in rows], delimited)
            for row, text, of_text in zip(rows, *tokens, strict=True):
                token_lists[row], answer_lists[row] = text, of_text
        return token_lists, answer_lists

    def _normalised(
        self, scores: Sequence[Floats], answers: Sequence[Sequence[str]], tokens: Sequence[Sequence[Answer]]
    ) -> Floats:
        """Return log-likelihoods over the lengths of answers, as the card says: [n, answers]."""
        delimiter = "" if self._card.chat else self._card.delimiter
        rows = np.zeros((len(scores), len(answers[0])))
        for row, (values, own, of_text) in enumerate(zip(scores, answers, tokens, strict=True)):
            there = [index for index, answer in enumerate(own) if answer]
            match self._card.length:
                case "token":
                    sizes = [len(each) for each in of_text]
                case "character":
                    sizes = [len((delimiter + own[index]).strip()) for index in there]
                case _:
                    sizes = [1] * len(there)
            rows[row, there] = values / np.array(sizes, np.float64)
        return rows
