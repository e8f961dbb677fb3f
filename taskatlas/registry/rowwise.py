"""What fits nowhere of rows: prompts that show what a dataset does not have, and choices of rows that they do not ask
for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskatlas.cards.labels import in_brief, map_labels, to_paste
from taskatlas.predict.needs import needs_of, variables_of
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.prompts import PromptCard

Line = tuple[str, str, str]
"""The card's file, what does not fit, and what would mend it."""
_COLUMN = "COLUMN"
"""In advice: whoever pastes it knows the column's name."""
_LISTED = "{% for each in choices %} {{ 'ABCDEFGH'[loop.index0] }}) {{ each }}{% endfor %}"
"""How a template shows letters with choices."""


def is_about_choices(prompt: PromptCard, card: DatasetCard) -> bool:
    """Return whether a dataset's rows have choices of their own and the prompt asks for others, or the other way
    round: then its labels are no matter."""
    if card.columns.choices:
        return not prompt.asks_rows
    return bool(card.class_labels) and "choices" in variables_of(_answers(prompt))


def shows_row_choices(prompt: PromptCard) -> bool:
    """Return whether templates show all that the choices of a row are made of."""
    return variables_of(_answers(prompt)) <= variables_of(prompt.templates)


def rowwise(registry: Registry, subjects: Iterable[Subject]) -> Iterator[Line]:
    """Yield a line for each prompt, and for the datasets that it is meant for and that need the same."""
    meant = {each.prompt.name: (each.prompt, registry.meant(each)) for each in subjects if each.prompt}
    for prompt, cards in meant.values():
        where = registry.file("prompts", prompt.name)
        for what, todo in (*_lacking(registry, prompt, cards), *_unasked(prompt, cards)):
            yield where, what, todo


def _lacking(registry: Registry, prompt: PromptCard, cards: Iterable[DatasetCard]) -> Iterator[tuple[str, str]]:
    alike: dict[tuple[str, ...], list[DatasetCard]] = {}
    for card in cards:
        if lacks := _lacks(prompt, card):
            alike.setdefault((to_paste(_with_columns(card, lacks)), *lacks), []).append(card)
    for (columns, *lacks), held in alike.items():
        names = ", ".join(card.name for card in held)
        files = ", ".join(registry.file("datasets", card.name) for card in held)
        labels = " and the labels A, B and so on, one for each of a row's choices" if "choices" in lacks else ""
        yield (
            f"it shows {', '.join(lacks)} of texts, and those of {names} have none, so they are split for it",
            f"write `columns: {columns}` in {files}, with the column's name for {_COLUMN}{labels}; or take what it is "
            "meant for from its card",
        )


def _lacks(prompt: PromptCard, card: DatasetCard) -> list[str]:
    needs = needs_of(prompt)
    return [
        *(["text_pair"] if needs.pair and card.columns.text_pair is None else []),
        *(name for name in needs.fields if name not in card.columns.fields),
        *(["choices"] if needs.choices and card.class_labels and not card.columns.choices else []),
    ]


def _with_columns(card: DatasetCard, lacks: Iterable[str]) -> dict[str, object]:
    """Return the columns of a card with those that it lacks."""
    columns = card.columns.model_dump(mode="json", exclude_defaults=True)
    for name in lacks:
        holder = columns if name in ("text_pair", "choices") else columns.setdefault("fields", {})
        holder[name] = _COLUMN
    return columns


def _unasked(prompt: PromptCard, cards: Iterable[DatasetCard]) -> Iterator[tuple[str, str]]:
    with_own = [card for card in cards if card.columns.choices and not prompt.asks_rows]
    by_letter = [card for card in with_own if _names_places(prompt, card)]
    if strange := [card.name for card in with_own if card not in by_letter]:
        asked = f"its choices are {in_brief([*prompt.choices])}" if prompt.choices else "it has no choices"
        yield (
            f"it is never scored on {in_brief(strange)}: {asked}, and rows there have choices of their own",
            "write `choices: row` there, or take what it is meant for from its card",
        )
    if by_letter and "choices" not in variables_of(prompt.templates):
        names = in_brief([card.name for card in by_letter])
        yield (
            f"it asks for letters, and does not show the choices of the rows of {names}",
            f"write `choices: row` there, or `{_LISTED}` into its template",
        )


def _names_places(prompt: PromptCard, card: DatasetCard) -> bool:
    labels = tuple(prompt.choices)
    return bool(labels) and map_labels(labels, card.class_labels, prompt.mapping.get(card.name)) is not None


def _answers(prompt: PromptCard) -> tuple[str, ...]:
    return tuple(text for texts in prompt.answers.values() for text in texts)
