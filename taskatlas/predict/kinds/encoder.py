"""Zero-shot: a text encoder chooses the answer whose text is nearest to the input's.

The cosine of φ(rendered input) with φ(rendered answer), times the card's scale, is the answer's log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.cards import PromptCard
from schemas.models import EncoderModel
from taskatlas import hashing
from taskatlas.errors import ModelError
from taskatlas.predict.encode import Floats, last
from taskatlas.predict.features import features_for
from taskatlas.predict.model import Context, Example
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, of_labels
from taskatlas.predict.render import render_answers, render_inputs


class ZeroShot:
    """A model of kind encoder."""

    def __init__(self, card: EncoderModel, context: Context) -> None:
        self._card, self._context = card, context

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Probabilities of each prompt's choices; prompts that show the inputs alike share the encoded inputs.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: the weights cannot be loaded, or a prompt is missing.

        """
        cards = [self._given(prompt) for prompt in prompts]
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

    def _given(self, prompt: PromptCard | None) -> PromptCard:
        if prompt is None or not prompt.choices:
            what = "an encoder needs a prompt with choices"
            raise ModelError(what, where=f"model {self._card.name}", todo="write one for it")
        return prompt

    def _inputs(self, prompt: PromptCard, texts: Sequence[Example]) -> Floats:
        """φ of the rendered inputs: float32 [n, d]."""
        shown = _examples(render_inputs(prompt, [(example.text, example.text_pair) for example in texts]))
        asked = {example.text_id for example in texts}
        # the surrogate and probes ask for all layers of a text as it is, nobody for those of one in a template
        raw = [row for row, example in enumerate(shown) if example.text_id in asked]
        framed = [row for row, example in enumerate(shown) if example.text_id not in asked]
        found = [
            self._phi([shown[row] for row in rows], last_layer=last_layer)
            for rows, last_layer in ((raw, False), (framed, True))
            if rows
        ] or [self._phi([], last_layer=True)]
        return np.concatenate(found)[np.argsort(raw + framed)]

    def _choices(self, prompts: Sequence[PromptCard]) -> list[Floats]:
        """Per prompt, φ of its rendered answers, verbalisers included: float32 [answers, d]."""
        shown = [_examples([answer for some in render_answers(prompt) for answer in some]) for prompt in prompts]
        vectors = self._phi([example for answers in shown for example in answers], last_layer=True)
        ends = np.cumsum([len(answers) for answers in shown])
        return np.split(vectors, ends[:-1])

    def _phi(self, texts: Sequence[Example], *, last_layer: bool) -> Floats:
        """φ of texts, of the card's layer and dimensions: float32 [n, d], of unit length."""
        card, context = self._card, self._context
        where = (context.parts, context.project, context.device)
        found = features_for(card.weights, texts, *where, last_layer=last_layer and card.layer == -1)
        count, dim = found.shape[1:]
        if not -count <= card.layer < count:
            self._refuse(f"layer {card.layer}: the weights have {count}, 0 being the embeddings'")
        if (card.dim or 0) > dim:
            self._refuse(f"dim {card.dim}: the weights have {dim}")
        return last(found[:, [card.layer], : card.dim])

    def _refuse(self, what: str) -> None:
        raise ModelError(what, where=f"model {self._card.name}", todo="mend the card")


def _examples(shown: Sequence[str]) -> list[Example]:
    return [Example(hashing.text_id(text), text) for text in shown]
