"""Prompts: how an input and the answer choices become text for a model.

A template sees `text`, `text_pair`, the named fields of its card and the row's own `choices`, a followup's also
`reasoning`, the first answer; an answer sees `choice` and `label`. What an input does not have is empty, so
`{% if text_pair %}` tells pairs apart, and a choice beyond the last one shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, SupportsIndex, overload

from taskatlas.errors import PromptError
from taskatlas.hashing import digest
from taskatlas.predict.sandbox import compile_template, render_template
from taskatlas.schemas.inputs import CHOICE_LABELS, Fields, Input
from taskatlas.schemas.prompts import ANSWER, REASONING, PromptCard

INPUT_VARIABLES = ("text", "text_pair", "choices")
ANSWER_VARIABLES = ("choice", "label")


class InputRow(NamedTuple):
    """An input that is no text of a text set."""

    text: str
    text_pair: str | None = None
    fields: Fields = ()
    choices: tuple[str, ...] = ()


class _Choices(tuple[str, ...]):
    """Choices as templates see them."""

    def __str__(self) -> str:
        return ", ".join(self)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> _Choices: ...
    def __getitem__(self, place: SupportsIndex | slice) -> str | _Choices:
        """Return one of them, or some, which are shown as all are."""
        found = super().__getitem__(place)
        return found if isinstance(found, str) else _Choices(found)


def prompt_version(card: PromptCard) -> str:
    """Hash template, answer, system text, demonstrations, fields, followup and choices, whose order is the order of
    the probabilities."""
    content: list[object] = ["prompt", card.template, card.answer, list(card.choices.items())]
    if card.verbalisers or card.system:  # prompts that have neither keep the versions they always had
        content.append([sorted(card.verbalisers.items()), card.system])
    if card.demonstrations:
        # as the card says it, so that a further field changes nothing where it is left out
        content.append(card.demonstrations.model_dump(mode="json", exclude_defaults=True))
    if card.fields:
        content.append(["fields", sorted(card.fields)])
    if card.followup:
        content.append(["followup", card.followup.model_dump(mode="json", exclude_defaults=True)])
    return digest(*content)


def check_prompt(card: PromptCard) -> None:
    """Check a prompt when its card is read.

    Raises:
        PromptError: template or answer is not Jinja2, names an unknown variable, or holds what a prompt may not hold;
            the template shows no text, or the followup no first answer; or two choices are shown alike.

    """
    first, second = _sample(card, "A first text.", "A second text."), _sample(card, "Another.", "More.")
    one, other = render_inputs(card, [first, second])
    if one == other:
        raise PromptError(
            "shows the same for every text", where=_where(card, "template"), todo="show it with {{ text }}"
        )
    if card.followup:
        _check_followup(card, first)
    if card.demonstrations and card.demonstrations.answer:
        _check_demonstrated(card, first)
    if card.asks_rows:
        _check_row_answers(card, first, second)
    else:
        render_answers(card)


def render_inputs(card: PromptCard, inputs: Iterable[Input]) -> list[str]:
    """Render inputs.

    Raises:
        PromptError: as `check_prompt`, or the result is too long.

    """
    where = _where(card, "template")
    template = compile_template(card.template, _variables(card), where)
    return [render_template(template, _values(card, each), where) for each in inputs]


def render_followups(card: PromptCard, inputs: Sequence[Input], reasoning: Sequence[str]) -> list[str]:
    """Render the second question of a prompt that has one about inputs, each with its first answer.

    Raises:
        PromptError: as `render_inputs`.

    """
    assert card.followup is not None, "prompts without a followup ask once"
    where = _where(card, "followup.template")
    template = compile_template(card.followup.template, (*_variables(card), REASONING), where)
    return [
        render_template(template, {**_values(card, each), REASONING: first}, where)
        for each, first in zip(inputs, reasoning, strict=True)
    ]


def render_answers(card: PromptCard) -> list[tuple[str, ...]]:
    """Render the answers of each label, in the order of the card: the choice, then its verbalisers. For cards whose
    answers are alike for all rows.

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


def row_choices(card: PromptCard, row: Input) -> list[str]:
    """Render what each label stands for in a row: all choices in the order of the card, each with its verbalisers;
    blank where the row has none.

    Raises:
        PromptError: as `check_prompt`.

    """
    where, values = _where(card, "choices"), _values(card, row)
    return [
        render_template(compile_template(text, _variables(card), where), values, where).strip()
        for texts in card.answers.values()
        for text in texts
    ]


def answers_by_row(card: PromptCard, rows: Sequence[Input]) -> list[list[str]]:
    """Render the answers of all labels for each row: n lists of as many answers, blank where the row has no such
    choice.

    Raises:
        PromptError: as `check_prompt`, or a row has no choice at all.

    """
    if not card.asks_rows:
        alike = [
            (label, each) for label, texts in zip(card.choices, render_answers(card), strict=True) for each in texts
        ]
        if not any(row.choices for row in rows):  # most texts: they share one list
            return [[answer for _, answer in alike]] * len(rows)
        return [[answer if has_choice(card, row, label) else "" for label, answer in alike] for row in rows]
    where = _where(card, "answer")
    template = compile_template(card.answer, ANSWER_VARIABLES, where)
    labels = [label for label, texts in card.answers.items() for _ in texts]
    answers = []
    for row in rows:
        named = zip(row_choices(card, row), labels, strict=True)
        answers.append(
            [choice and render_template(template, {"choice": choice, "label": label}, where) for choice, label in named]
        )
        if not any(answers[-1]):
            what = f"there are no choices for the text {row.text[:80]!r}"
            raise PromptError(what, where=_where(card, "choices"), todo="show choices that all rows have")
    return answers


def has_choice(card: PromptCard, row: Input, label: str) -> bool:
    """Return whether a row has the choice that a label of a prompt names.

    Where labels are A, B, C and so on, and the row has choices of its own, a label beyond the last one names none.
    """
    named_by_place = bool(row.choices) and tuple(card.choices) == CHOICE_LABELS[: len(card.choices)]
    return not named_by_place or label in CHOICE_LABELS[: len(row.choices)]


def render_answer(card: PromptCard, row: Input, label: str) -> str:
    """Render a label's first answer to a row, or a free answer.

    Raises:
        PromptError: as `check_prompt`.

    """
    where = _where(card, "answer")
    choice = card.choices.get(label, label)
    if card.asks_rows and label in card.choices:
        choice = render_template(compile_template(choice, _variables(card), where), _values(card, row), where).strip()
    return render_template(
        compile_template(card.answer, ANSWER_VARIABLES, where), {"choice": choice, "label": label}, where
    )


def render_demonstrated(card: PromptCard, row: Input, label: str) -> str:
    """Render the answer of a demonstration: as prompts show it, and what else the card shows with it.

    Raises:
        PromptError: as `check_prompt`.

    """
    answer, shown = render_answer(card, row, label), card.demonstrations.answer if card.demonstrations else None
    if shown is None:
        return answer
    where = _where(card, "demonstrations.answer")
    template = compile_template(shown, (*_variables(card), ANSWER), where)
    return render_template(template, {**_values(card, row), ANSWER: answer}, where).strip()


def _check_demonstrated(card: PromptCard, row: Input) -> None:
    """Check that the answers of demonstrations hold what is answered."""
    labels = list(card.choices)[:2] if len(card.choices) > 1 else ["For one thing.", "On the other hand."]
    one, other = (render_demonstrated(card, row, label) for label in labels)
    if one == other:
        raise PromptError(
            "shows the same for every answer",
            where=_where(card, "demonstrations.answer"),
            todo="show it with {{ answer }}",
        )


def _check_followup(card: PromptCard, row: Input) -> None:
    """Check that what is asked second follows from what was answered first."""
    one, other = render_followups(card, [row, row], ["For one thing.", "On the other hand."])
    if one == other:
        raise PromptError(
            "shows the same after every first answer",
            where=_where(card, "followup.template"),
            todo="show it with {{ reasoning }}, or take the followup from the card",
        )


def _check_row_answers(card: PromptCard, first: Input, second: Input) -> None:
    """Check that answers which are to be each row's own differ from row to row."""
    if answers_by_row(card, [first]) == answers_by_row(card, [second]):
        what = "choices with braces are each row's own, and these are alike for all rows"
        raise PromptError(what, where=_where(card, "choices"), todo="write them without braces, or show a field")


def _sample(card: PromptCard, text: str, pair: str) -> InputRow:
    fields = tuple((name, f"{text} ({name})") for name in card.fields)
    return InputRow(text, pair, fields, tuple(f"{text} {place}" for place in CHOICE_LABELS))


def _variables(card: PromptCard) -> tuple[str, ...]:
    return (*INPUT_VARIABLES, *card.fields)


def _values(card: PromptCard, row: Input) -> dict[str, object]:
    there = dict(row.fields)
    fields = {name: there.get(name, "") for name in card.fields}
    return {"text": row.text, "text_pair": row.text_pair or "", "choices": _Choices(row.choices), **fields}


def _where(card: PromptCard, field: str) -> str:
    return f"prompt {card.name}: {field}"
