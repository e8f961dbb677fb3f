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
from taskatlas.predict.outputs import Answers, from_answer_scores
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import add_prefix
from taskatlas.predict.render import answers_by_row, render_inputs
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
        answers = [answers_by_row(card, texts) for card in cards]
        different = [list(dict.fromkeys(tuple(own) for own in of_card)) for of_card in answers]
        choices = self._choices(different)
        answers_by_prompt: dict[int, Answers] = {}
        templates: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for index, card in enumerate(cards):
            templates.setdefault((card.template, card.fields), []).append(index)
        for indices in templates.values():
            # one template at a time: the rendered inputs of all of them may not fit into memory
            with stopwatch.running() as seconds:
                inputs = self._inputs(cards[indices[0]], texts)
            for index in indices:
                scores = self._card.scale * _cosines(inputs, answers[index], different[index], choices[index])
                found = from_answer_scores(cards[index], scores, answers[index])
                answers_by_prompt[index] = replace(found, seconds=seconds)
        return [answers_by_prompt[index] for index in range(len(cards))]

    def _inputs(self, prompt: PromptCard, texts: Sequence[Example]) -> Floats:
        """Return φ of the rendered inputs: float32 [n, d]."""
        examples = _examples(render_inputs(prompt, texts))
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

    def _choices(self, answers: Sequence[Sequence[Sequence[str]]]) -> list[Floats]:
        """Return, per prompt, φ of its different lists of answers: float32 [lists, answers, d]; of an answer that is
        not there, which is blank, it does not count."""
        different = list(dict.fromkeys(answer for of_prompt in answers for own in of_prompt for answer in own))
        phi = self._phi.encode(add_prefix(self._card.answer_prefix, _examples(different)))
        index_by_answer = {answer: index for index, answer in enumerate(different)}
        rows = [[[index_by_answer[answer] for answer in own] for own in of_prompt] for of_prompt in answers]
        found: list[Floats] = [phi[np.array(of_prompt, np.int64)] for of_prompt in rows]
        return found


def _cosines(
    inputs: Floats, answers: Sequence[Sequence[str]], different: Sequence[tuple[str, ...]], choices: Floats
) -> Floats:
    """Return the cosine of each input with each of its answers: float32 [n, answers].

    Args:
        inputs: φ of the inputs, [n, d].
        answers: n lists of answers.
        different: the different lists among them.
        choices: φ of these, [lists, answers, d].
    """
    if not answers:
        return np.empty((0, 0), np.float32)
    if len(different) == 1:
        alike: Floats = inputs @ choices[0].T
        return alike
    index_by_list = {own: index for index, own in enumerate(different)}
    rows = [index_by_list[tuple(own)] for own in answers]
    cosines: Floats = np.einsum("nd,nad->na", inputs, choices[rows])
    return cosines


def _examples(texts: Sequence[str]) -> list[Example]:
    return [Example(hashing.text_id(text), text) for text in texts]
