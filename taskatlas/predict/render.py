"""Prompts: how an input and the answer choices become text for a model.

A template sees `text` and `text_pair`, an answer sees `choice` and `label`. The second text of an input that has none
is empty, so `{% if text_pair %}` tells pairs apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from taskatlas.errors import PromptError
from taskatlas.hashing import digest
from taskatlas.predict.sandbox import compile_template, render_template
from taskatlas.schemas.prompts import PromptCard

INPUT_VARIABLES = ("text", "text_pair")
ANSWER_VARIABLES = ("choice", "label")
_SAMPLE = ("A first text.", "A second text.")


def prompt_version(card: PromptCard) -> str:
    """Hash template, answer, system text, demonstrations and choices, whose order is the order of the probabilities."""
    content: list[object] = ["prompt", card.template, card.answer, list(card.choices.items())]
    if card.verbalisers or card.system:  # prompts that have neither keep the versions they always had
        content.append([sorted(card.verbalisers.items()), card.system])
    if card.demonstrations:
        # as the card says it, so that a further field changes nothing where it is left out
        content.append(card.demonstrations.model_dump(mode="json", exclude_defaults=True))
    return digest(*content)


def check_prompt(card: PromptCard) -> None:
    """Check a prompt when its card is read.

    Raises:
        PromptError: template or answer is not Jinja2, names an unknown variable, or holds what a prompt may not hold;
            the template shows no text; or two choices are shown alike.

    """
    if render_inputs(card, [_SAMPLE]) == render_inputs(card, [("Another.", "More.")]):
        raise PromptError(
            "shows the same for every text", where=_where(card, "template"), todo="show it with {{ text }}"
        )
    render_answers(card)


def render_inputs(card: PromptCard, texts: Iterable[tuple[str, str | None]]) -> list[str]:
    """Render each text with its optional second text.

    Raises:
        PromptError: as `check_prompt`, or the result is too long.

    """
    where = _where(card, "template")
    template = compile_template(card.template, INPUT_VARIABLES, where)
    return [render_template(template, {"text": text, "text_pair": pair or ""}, where) for text, pair in texts]


def render_answers(card: PromptCard) -> list[tuple[str, ...]]:
    """Render the answers of each label, in the order of the card: the choice, then its verbalisers.

    Raises:
        PromptError: as `check_prompt`; two answers are shown alike, or one is blank.

    """
    where = _where(card, "answer")
    template = compile_template(card.answer, ANSWER_VARIABLES, where)
    label_by_answer: dict[str, str] = {}
    answers_by_label = []
    for label, choices in card.answers.items():
        answers = tuple(render_template(template, {"choice": choice, "label": label}, where) for choice in choices)
        for answer in answers:
            if not answer.strip():
                raise PromptError(f"shows nothing for {label!r}", where=where, todo="show it with {{ choice }}")
            if answer in label_by_answer:
                raise PromptError(
                    f"shows {label_by_answer[answer]!r} and {label!r} alike, as {answer[:80]!r}",
                    where=where,
                    todo="show them with {{ choice }}, and give each label its own choice",
                )
            label_by_answer[answer] = label
        answers_by_label.append(answers)
    return answers_by_label


def render_answer(card: PromptCard, label: str) -> str:
    """Render a label's first answer, or a free answer.

    Raises:
        PromptError: as `check_prompt`.

    """
    where = _where(card, "answer")
    choice = card.choices.get(label, label)
    return render_template(
        compile_template(card.answer, ANSWER_VARIABLES, where), {"choice": choice, "label": label}, where
    )


def _where(card: PromptCard, field: str) -> str:
    return f"prompt {card.name}: {field}"
