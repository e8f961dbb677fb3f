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
from typing import Any, NamedTuple

import numpy as np

from taskatlas import progress
from taskatlas.predict import stopwatch
from taskatlas.predict.demonstrations import Turns, render_turns
from taskatlas.predict.language.engine import Answer, Engine, Floats, Until
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.language.merged import Tokenised, likelihoods
from taskatlas.predict.language.vllm_engine import VllmEngine
from taskatlas.predict.model import Example, ModelContext, required_prompt
from taskatlas.predict.outputs import Answers, from_answer_scores, from_generated
from taskatlas.predict.render import InputRow, answers_by_row, render_followups, render_inputs
from taskatlas.schemas.language import LanguageModel
from taskatlas.schemas.prompts import PromptCard

ENGINES: Mapping[str, Callable[[Any, Path, str], Engine]] = {
    "causal": TransformersLanguageModel,
    "seq2seq": TransformersLanguageModel,
    "vllm": VllmEngine,
}
"""A card's kind → the engine class; it takes the card, the project's folder and a device."""


class _Written(NamedTuple):
    """What a model wrote after rendered texts.

    Attributes:
        texts: one after each.
        cut: how many of the rendered ones were cut.
        seconds: that they took.
    """

    texts: Sequence[str]
    cut: int
    seconds: stopwatch.Seconds


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

        A prompt with a followup is answered freely first, then by what it asks after that.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, a prompt is missing, or memory does not hold a text.
        """
        required = [required_prompt(self._card, prompt) for prompt in prompts]
        rounds = len(required) + sum(prompt.followup is not None for prompt in required)
        progress.expect("answer", rounds * len(texts), "texts")
        firsts = self._firsts(required, texts)
        inputs = [
            render_inputs(prompt, texts) if first is None else render_followups(prompt, texts, first.texts)
            for prompt, first in zip(required, firsts, strict=True)
        ]
        answer = self._written if self._card.writes else self._chosen
        return [
            answers if first is None else _after(first, answers)
            for first, answers in zip(firsts, answer(required, texts, inputs), strict=True)
        ]

    def _firsts(self, prompts: Sequence[PromptCard], texts: Sequence[Example]) -> list[_Written | None]:
        """Return the first answers of each prompt, None of those that ask once. Those that reason alike do it once."""
        made: dict[tuple[Until, tuple[str, ...]], _Written] = {}
        firsts: list[_Written | None] = []
        for prompt in prompts:
            if prompt.followup is None:
                firsts.append(None)
                continue
            until = Until(prompt.followup.max_tokens, prompt.followup.stop)
            rendered = tuple(self._engine.render(prompt, (), text) for text in render_inputs(prompt, texts))
            if (until, rendered) not in made:
                made[until, rendered] = self._generated(rendered, until)
            firsts.append(made[until, rendered])
        return firsts

    def _written(
        self, prompts: Sequence[PromptCard], texts: Sequence[Example], inputs: Sequence[Sequence[str]]
    ) -> list[Answers]:
        """Prompts that are worded alike are answered once, and read each by its own choices."""
        made: dict[tuple[str, ...], _Written] = {}
        answers = []
        for prompt, of_prompt in zip(prompts, inputs, strict=True):
            rendered = tuple(self._rendered(prompt, self._turns(prompt, texts), of_prompt))
            if rendered not in made:
                made[rendered] = self._generated(rendered)
            written = made[rendered]
            read = from_generated(prompt, written.texts, texts)
            answers.append(replace(read, counts={**read.counts, "cut": written.cut}, seconds=written.seconds))
        return answers

    def _generated(self, rendered: Sequence[str], until: Until | None = None) -> _Written:
        cut = self._engine.cut
        with stopwatch.running() as seconds:
            written = self._engine.generate(list(rendered), until)
        return _Written(written, self._engine.cut - cut, seconds)

    def _chosen(
        self, prompts: Sequence[PromptCard], texts: Sequence[Example], inputs: Sequence[Sequence[str]]
    ) -> list[Answers]:
        turns = [self._turns(prompt, texts) for prompt in prompts]
        rendered = [self._rendered(*each) for each in zip(prompts, turns, inputs, strict=True)]
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

    def _rendered(self, prompt: PromptCard, turns: Sequence[Turns], inputs: Sequence[str]) -> list[str]:
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
            nothing = self._saying_nothing(prompt, texts)
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

    def _saying_nothing(self, prompt: PromptCard, texts: Sequence[Example]) -> list[str]:
        """Render what is asked about the card's baseline with each text's choices; a first answer says as little."""
        baseline = self._card.baseline or ""
        rows = [InputRow(baseline, choices=each.choices) for each in texts]
        return (
            render_followups(prompt, rows, [baseline] * len(rows)) if prompt.followup else render_inputs(prompt, rows)
        )

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


def _after(first: _Written, answers: Answers) -> Answers:
    """Return answers that came after first ones, with what both took: an answer's seconds are its own and the mean of
    the first ones, and a text that was cut in both rounds was cut once."""
    mean = sum(each * n for each, n in first.seconds.items()) / max(first.seconds.total(), 1)
    seconds = stopwatch.Seconds()
    for own, n in (answers.seconds or {}).items():
        seconds[stopwatch.rounded(own + mean)] += n
    counts = {**answers.counts, "cut": max(first.cut, answers.counts.get("cut", 0))}
    return replace(answers, counts=counts, seconds=seconds)
