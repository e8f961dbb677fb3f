"""Zero-shot: a text encoder chooses the answer whose text is nearest to the input's.

The cosine of φ(rendered input) with φ(rendered answer), times the card's scale, is the answer's log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from taskatlas import hashing
from taskatlas.predict import stopwatch
from taskatlas.predict.encode import Floats
from taskatlas.predict.model import Example, ModelContext, required_prompt
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, from_answer_probabilities
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import add_prefix
from taskatlas.predict.render import render_answers, render_inputs
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard


class ZeroShot:
    """A model of kind encoder."""

    def __init__(self, card: EncoderModel, context: ModelContext) -> None:
        """Hold the card to its weights, which are loaded once there is something to encode.

        Raises:
            ModelError: see `Phi`.

        """
        self._card, self._phi = card, Phi(card, context)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with probabilities of each prompt's choices; prompts with one template share the encoded
        inputs.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, or a prompt is missing.

        """
        cards = [required_prompt(self._card, prompt) for prompt in prompts]
        choices = self._choices(cards)
        answers_by_prompt: dict[int, Answers] = {}
        templates: dict[str, list[int]] = {}
        for index, card in enumerate(cards):
            templates.setdefault(card.template, []).append(index)
        for indices in templates.values():
            # one template at a time: the rendered inputs of all of them may not fit into memory
            with stopwatch.running() as seconds:
                inputs = self._inputs(cards[indices[0]], texts)
            for index in indices:
                probabilities = softmax(self._card.scale * (inputs @ choices[index].T))
                answers = from_answer_probabilities(cards[index], probabilities)
                answers_by_prompt[index] = replace(answers, seconds=seconds)
        return [answers_by_prompt[index] for index in range(len(cards))]

    def _inputs(self, prompt: PromptCard, texts: Sequence[Example]) -> Floats:
        """Return φ of the rendered inputs: float32 [n, d]."""
        examples = _examples(render_inputs(prompt, [(example.text, example.text_pair) for example in texts]))
        examples = add_prefix(self._card.prefix, examples)
        text_ids = {example.text_id for example in texts}
        raw = [row for row, example in enumerate(examples) if example.text_id in text_ids]
        framed = [row for row, example in enumerate(examples) if example.text_id not in text_ids]
        phi_blocks = [
            self._phi.encode([examples[row] for row in rows], shared=shared)
            for rows, shared in ((raw, True), (framed, False))
            if rows
        ] or [self._phi.encode([])]
        return np.concatenate(phi_blocks)[np.argsort(raw + framed)]

    def _choices(self, prompts: Sequence[PromptCard]) -> list[Floats]:
        """Return, per prompt, φ of its rendered answers, verbalisers included: float32 [answers, d]."""
        answers_by_prompt = [
            _examples([answer for label_answers in render_answers(prompt) for answer in label_answers])
            for prompt in prompts
        ]
        examples = [example for answers in answers_by_prompt for example in answers]
        ends = np.cumsum([len(answers) for answers in answers_by_prompt])
        return np.split(self._phi.encode(add_prefix(self._card.answer_prefix, examples)), ends[:-1])


def _examples(texts: Sequence[str]) -> list[Example]:
    return [Example(hashing.text_id(text), text) for text in texts]
