"""Questions to a server: the bodies of requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from taskatlas.hashing import digest
from taskatlas.predict.demonstrations import Turns, chat_messages, join_turns, render_turns
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.render import answers_by_row, render_followups, render_inputs
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard

PATHS = {"chat": "/chat/completions", "completions": "/completions"}
_CHARACTERS = 4
"""Of a token, about, in many languages; what a server counts puts it right."""
Body = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One text under one prompt, as requests to a server.

    Attributes:
        subject: its name, MODEL/PROMPT.
        rendered: the text as the prompt shows it.
        bodies: of the requests: one, or one per answer where the server is to score each.
        answers: those that are scored by their first token; empty for other questions.
        stop: texts at which what is written ends; None where answers are scored.
        first: whether a followup is asked after it.

    """

    subject: str
    rendered: str
    bodies: tuple[Body, ...]
    answers: tuple[str, ...] = ()
    stop: tuple[str, ...] | None = None
    first: bool = False

    @cached_property
    def key(self) -> str:
        """Content hash of bodies and answers."""
        return digest(self.bodies, self.answers)


def first_questions(card: EndpointModel, prompt: PromptCard, texts: Sequence[Example]) -> list[Question]:
    """Make the first questions of a prompt with a followup about texts, in their order: they are answered freely.

    Raises:
        PromptError: the prompt cannot be rendered.

    """
    assert prompt.followup is not None, "prompts without a followup ask once"
    subject, (most, stop) = f"{card.name}/{prompt.name}", (prompt.followup.max_tokens, prompt.followup.stop)
    made = []
    for text in render_inputs(prompt, texts):
        body = _generation_body(card, _prompt_fields(card, prompt, (), text), most, stop)
        # the card's options bound answers, which may be of one token
        bounds = {name: most for name in ("max_tokens", "max_completion_tokens") if name in body}
        made.append(Question(subject, text, (body | bounds,), stop=stop, first=True))
    return made


def questions(
    card: EndpointModel,
    prompt: PromptCard,
    texts: Sequence[Example],
    context: ModelContext,
    reasoning: Sequence[str] | None = None,
) -> list[Question]:
    """Make the questions that a prompt asks about texts, in the order of the texts.

    Args:
        card: of the model that is asked.
        prompt: what is asked.
        texts: about which.
        context: what demonstrations are taken from.
        reasoning: of a prompt with a followup the first answers.

    Raises:
        PromptError: the prompt cannot be rendered.
        ModelError: it shows demonstrations, and there are none.

    """
    subject = f"{card.name}/{prompt.name}"
    rendered = render_inputs(prompt, texts) if reasoning is None else render_followups(prompt, texts, reasoning)
    bodies = [
        _prompt_fields(card, prompt, *each) for each in zip(render_turns(prompt, texts, context), rendered, strict=True)
    ]
    if card.writes:
        return [
            Question(subject, text, (_generation_body(card, body, card.max_tokens, card.stop),), stop=card.stop)
            for text, body in zip(rendered, bodies, strict=True)
        ]
    answers = [tuple(filter(None, own)) for own in answers_by_row(prompt, texts)]
    if card.api == "chat":
        return [
            Question(subject, text, (_first_token_body(card, body),), own)
            for text, body, own in zip(rendered, bodies, answers, strict=True)
        ]
    return [
        Question(subject, text, tuple(_echo_body(card, body["prompt"] + card.delimiter + answer) for answer in own))
        for text, body, own in zip(rendered, bodies, answers, strict=True)
    ]


def estimate_tokens(body: Body) -> float:
    """Estimate how many tokens a request takes, its answer included.

    >>> estimate_tokens({"prompt": "a" * 38, "max_tokens": 5})
    15.0
    """
    longest = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return estimate_prompt_tokens(body) + float(longest)


def estimate_prompt_tokens(body: Body) -> float:
    """Estimate how many tokens a request takes, without its answer.

    >>> estimate_prompt_tokens({"prompt": "a" * 38, "max_tokens": 5})
    10.0
    """
    prompt_json = json.dumps(body.get("messages") or body.get("prompt"), ensure_ascii=False)
    return len(prompt_json) / _CHARACTERS


def placeholder(tokens: float) -> str:
    """Return a text of about so many tokens, in the place of an answer that nobody knows yet."""
    return "." * round(tokens * _CHARACTERS)


def _generation_body(card: EndpointModel, prompt_fields: Body, most: int, stop: Sequence[str]) -> Body:
    return _body(card, prompt_fields | {"max_tokens": most, "stop": list(stop) or None})


def _first_token_body(card: EndpointModel, prompt_fields: Body) -> Body:
    return _body(card, prompt_fields | {"max_tokens": 1, "logprobs": True, "top_logprobs": card.top_logprobs})


def _echo_body(card: EndpointModel, text: str) -> Body:
    return _body(card, {"prompt": text, "max_tokens": 0, "echo": True, "logprobs": 1})


def _prompt_fields(card: EndpointModel, prompt: PromptCard, before: Turns, text: str) -> Body:
    """Return a text after its demonstrations, as a request holds it."""
    if card.api == "completions":
        return {"prompt": join_turns(before, text, card.delimiter, prompt)}
    return {"messages": chat_messages(prompt, before, text)}


def _body(card: EndpointModel, request: Body) -> Body:
    """Return a request as the card has it: without chance, unless its options say so."""
    fields = {"model": card.model, **request, "temperature": 0, **card.options}
    return {name: value for name, value in fields.items() if value is not None}
