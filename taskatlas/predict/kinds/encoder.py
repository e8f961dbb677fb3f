"""Zero-shot: a text encoder chooses the answer whose text is nearest to the input's.

The cosine of φ(rendered input) with φ(rendered answer), times the card's scale, is the answer's log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from taskatlas import hashing
from taskatlas.predict.encode import Floats
from taskatlas.predict.model import Context, Example, given
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, of_labels
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import prefixed
from taskatlas.predict.render import render_answers, render_inputs
from taskatlas.schemas.models import EncoderModel
from taskatlas.schemas.prompts import PromptCard


class ZeroShot:
    """A model of kind encoder."""

    def __init__(self, card: EncoderModel, context: Context) -> None:
        """Hold the card to its weights, which are loaded once there is something to encode.

        Raises:
            ModelError: see `Phi`.

        """
        self._card, self._phi = card, Phi(card, context)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Probabilities of each prompt's choices; prompts that show the inputs alike share the encoded inputs.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, or a prompt is missing.

        """
        cards = [given(self._card, prompt) for prompt in prompts]
        choices = self._choices(cards)
        found: dict[int, Answers] = {}
        templates: dict[str, list[int]] = {}
        for place, card in enumerate(cards):
            templates.setdefault(card.template, []).append(place)
        for places in templates.values():
            # one template at a time: the rendered inputs of all of them may not fit into memory
            inputs = self._inputs(cards[places[0]], texts)
            for place in places:
                probabilities = softmax(self._card.scale * (inputs @ choices[place].T))
                found[place] = of_labels(cards[place], probabilities)
        return [found[place] for place in range(len(cards))]

    def _inputs(self, prompt: PromptCard, texts: Sequence[Example]) -> Floats:
        """φ of the rendered inputs: float32 [n, d]."""
        shown = _examples(render_inputs(prompt, [(example.text, example.text_pair) for example in texts]))
        shown = prefixed(self._card.prefix, shown)
        asked = {example.text_id for example in texts}
        raw = [row for row, example in enumerate(shown) if example.text_id in asked]
        framed = [row for row, example in enumerate(shown) if example.text_id not in asked]
        found = [
            self._phi.of([shown[row] for row in rows], shared=shared)
            for rows, shared in ((raw, True), (framed, False))
            if rows
        ] or [self._phi.of([])]
        return np.concatenate(found)[np.argsort(raw + framed)]

    def _choices(self, prompts: Sequence[PromptCard]) -> list[Floats]:
        """Per prompt, φ of its rendered answers, verbalisers included: float32 [answers, d]."""
        shown = [_examples([answer for some in render_answers(prompt) for answer in some]) for prompt in prompts]
        every = [example for answers in shown for example in answers]
        ends = np.cumsum([len(answers) for answers in shown])
        return np.split(self._phi.of(prefixed(self._card.answer_prefix, every)), ends[:-1])


def _examples(shown: Sequence[str]) -> list[Example]:
    return [Example(hashing.text_id(text), text) for text in shown]
