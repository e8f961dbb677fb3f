"""Prompts: how an input and the answer choices are shown to a model.

A template sees `text` and `text_pair`, an answer sees `choice` and `label`. The second text of an input that has none
is empty, so `{% if text_pair %}` tells pairs apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from taskatlas.errors import PromptError
from taskatlas.hashing import digest
from taskatlas.predict.sandbox import compiled, rendered
from taskatlas.schemas.prompts import PromptCard

INPUT_VARIABLES = ("text", "text_pair")
ANSWER_VARIABLES = ("choice", "label")
_SAMPLE = ("A first text.", "A second text.")


def prompt_version(card: PromptCard) -> str:
    """Content hash of all that is shown and of the choices, whose order is the order of the probabilities."""
    found: list[object] = ["prompt", card.template, card.answer, list(card.choices.items())]
    if card.verbalisers or card.system:  # prompts that have neither keep the versions they always had
        found.append([sorted(card.verbalisers.items()), card.system])
    if card.demonstrations:
        # as the card says it, so that a further field changes nothing where it is left out
        found.append(card.demonstrations.model_dump(mode="json", exclude_defaults=True))
    return digest(*found)


def check_prompt(card: PromptCard) -> None:
    """Check a prompt when its card is read.

    Raises:
        PromptError: template or answer is not Jinja2, names an unknown variable, or holds what a prompt may not hold;
            the template shows no text; or two choices are shown alike.

    """
    if render_inputs(card, [_SAMPLE]) == render_inputs(card, [("Another.", "More.")]):
        raise PromptError(
            "shows the same for every text", where=_place(card, "template"), todo="show it with {{ text }}"
        )
    render_answers(card)


def render_inputs(card: PromptCard, texts: Iterable[tuple[str, str | None]]) -> list[str]:
    """Each text with its optional second text, as the prompt shows it.

    Raises:
        PromptError: as `check_prompt`, or the result is too long.

    """
    where = _place(card, "template")
    template = compiled(card.template, INPUT_VARIABLES, where)
    return [rendered(template, {"text": text, "text_pair": pair or ""}, where) for text, pair in texts]


def render_answers(card: PromptCard) -> list[tuple[str, ...]]:
    """The answers of each label as the prompt shows them, in the order of the card: the choice, then its verbalisers.

    Raises:
        PromptError: as `check_prompt`; two answers are shown alike, or one is blank.

    """
    where = _place(card, "answer")
    template = compiled(card.answer, ANSWER_VARIABLES, where)
    shown: dict[str, str] = {}
    found = []
    for label, choices in card.answers.items():
        answers = tuple(rendered(template, {"choice": choice, "label": label}, where) for choice in choices)
        for answer in answers:
            if not answer.strip():
                raise PromptError(f"shows nothing for {label!r}", where=where, todo="show it with {{ choice }}")
            if answer in shown:
                raise PromptError(
                    f"shows {shown[answer]!r} and {label!r} alike, as {answer[:80]!r}",
                    where=where,
                    todo="show them with {{ choice }}, and give each label its own choice",
                )
            shown[answer] = label
        found.append(answers)
    return found


def render_answer(card: PromptCard, label: str) -> str:
    """A label's first answer, or a free answer, as the prompt shows it.

    Raises:
        PromptError: as `check_prompt`.

    """
    where = _place(card, "answer")
    choice = card.choices.get(label, label)
    return rendered(compiled(card.answer, ANSWER_VARIABLES, where), {"choice": choice, "label": label}, where)


def _place(card: PromptCard, field: str) -> str:
    return f"prompt {card.name}: {field}"
