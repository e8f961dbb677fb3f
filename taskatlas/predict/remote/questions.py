"""What a server is asked: the bodies of requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from taskatlas.hashing import digest
from taskatlas.predict.demonstrations import Turns, joined, said, turns
from taskatlas.predict.model import Context, Example
from taskatlas.predict.render import render_answers, render_inputs
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard

PATHS = {"chat": "/chat/completions", "completions": "/completions"}
_CHARACTERS = 4
"""Of a token, about, in many languages; what a server counts puts it right."""
Body = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What one text is asked by one prompt.

    Attributes:
        subject: who asks.
        shown: the text as the prompt shows it.
        bodies: of the requests: one, or one per answer where the server is to score each.
        answers: of which the first token is looked for; empty where that is not what is asked.

    """

    subject: str
    shown: str
    bodies: tuple[Body, ...]
    answers: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """Content hash of all that is asked."""
        return digest(self.bodies, self.answers)


def questions(card: EndpointModel, prompt: PromptCard, texts: Sequence[Example], context: Context) -> list[Question]:
    """What texts are asked by a prompt.

    Raises:
        PromptError: the prompt cannot be rendered.
        ModelError: it shows demonstrations, and there are none.

    """
    subject = f"{card.name}/{prompt.name}"
    shown = render_inputs(prompt, [(example.text, example.text_pair) for example in texts])
    bodies = [_shown(card, prompt, *each) for each in zip(turns(prompt, texts, context), shown, strict=True)]
    answers = tuple(answer for some in render_answers(prompt) for answer in some)
    asked = zip(shown, bodies, strict=True)
    if card.writes:
        return [Question(subject, text, (_written(card, body),)) for text, body in asked]
    if card.api == "chat":
        return [Question(subject, text, (_first_token(card, body),), answers) for text, body in asked]
    whole = [card.delimiter + answer for answer in answers]
    return [
        Question(subject, text, tuple(_echoed(card, body["prompt"] + answer) for answer in whole))
        for text, body in asked
    ]


def guessed_tokens(body: Body) -> float:
    """About how many tokens a request takes, its answer included."""
    shown = json.dumps(body.get("messages") or body.get("prompt"), ensure_ascii=False)
    longest = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return float(len(shown) / _CHARACTERS + longest)


def _written(card: EndpointModel, shown: Body) -> Body:
    return _body(card, shown | {"max_tokens": card.max_tokens, "stop": list(card.stop) or None})


def _first_token(card: EndpointModel, shown: Body) -> Body:
    return _body(card, shown | {"max_tokens": 1, "logprobs": True, "top_logprobs": card.top_logprobs})


def _echoed(card: EndpointModel, text: str) -> Body:
    return _body(card, {"prompt": text, "max_tokens": 0, "echo": True, "logprobs": 1})


def _shown(card: EndpointModel, prompt: PromptCard, before: Turns, text: str) -> Body:
    """A text after its demonstrations."""
    if card.api == "completions":
        return {"prompt": joined(before, text, card.delimiter, prompt)}
    return {"messages": said(prompt, before, text)}


def _body(card: EndpointModel, asked: Body) -> Body:
    """A request as the card has it: without chance, unless its options say so."""
    fields = {"model": card.model, **asked, "temperature": 0, **card.options}
    return {name: value for name, value in fields.items() if value is not None}
