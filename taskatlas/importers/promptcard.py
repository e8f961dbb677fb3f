"""One template of a file → one prompt card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.agreed import agreed_roles
from taskatlas.importers.columns import columns_of, guessed_roles, named_roles, rename_columns
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.syntax import names_in, tree_of
from taskatlas.importers.targets import Targets
from taskatlas.importers.write import checked_card
from taskatlas.predict.sandbox import compile_template
from taskatlas.schemas.cards import MAX_LINE, DatasetCard
from taskatlas.schemas.prompts import PromptCard

_MAX_SHOWN = 12
"""Labels in a line."""
_LONGEST = 40
"""Characters of a label in a line."""


def shown_columns(draft: Draft) -> list[str]:
    """Return the columns that a template shows, in the order in which they first stand in it.

    Raises:
        PromptError: it is not Jinja2, or holds what a prompt may not hold.
        InputError: it shows the answer, or columns in a way that no text can be shown.

    """
    names = names_in(tree_of(draft.template))
    compile_template(draft.template, tuple(sorted(names)), "template")
    if telling := sorted(names & draft.answer_columns):
        raise InputError(f"it uses the column {telling[0]!r}, which says the answer")
    return columns_of(draft.template)


def prompt_card(
    template: Template,
    draft: Draft,
    columns: Sequence[str],
    *,
    name: str,
    pair: Sequence[str],
    options: ImportOptions,
    targets: Targets,
) -> tuple[PromptCard, str]:
    """Return the card of a template, and what a person should know of it.

    Args:
        template: the template.
        draft: what it says.
        columns: those that it shows.
        name: of the card.
        pair: as in `guessed_roles`.
        options: what a person says of it.
        targets: what it is for; the cards of datasets say what columns are.

    Raises:
        InputError: its columns or choices are not those that a person named, or too many to guess; or the datasets
            disagree on them.
        CardError: a field does not hold.
        PromptError: the card's template is no prompt.

    """
    roles, how = _roles(columns, pair, options, targets.datasets)
    about = " ".join(filter(None, template.about[:-1]))
    content: dict[str, Any] = {
        "name": name,
        "description": " ".join((f"{template.title} ({about})" if about else template.title).split())[:MAX_LINE],
        "template": rename_columns(draft.template, roles),
        **draft.card,
        **(_choice_fields(draft, targets) if draft.choices else {}),
    }
    if draft.shots:
        content["demonstrations"] = _demonstrations(draft, roles, content.get("choices", {}))
    card = checked_card(PromptCard, content)
    notes = ("" if draft.choices else "free text", how, _choices_as_words(card), draft.note)
    return card, "; ".join(filter(None, notes))


def _roles(
    columns: Sequence[str], pair: Sequence[str], options: ImportOptions, datasets: Sequence[DatasetCard]
) -> tuple[dict[str, str], str]:
    """Return column → variable, and how that is known."""
    if options.text:
        return named_roles(columns, options.text, options.text_pair), ""
    known = agreed_roles(datasets, columns)
    roles = guessed_roles(columns, pair, known)
    how = "as its datasets have it" if known.keys() == roles.keys() else "guessed"
    is_said = all(column == variable for column, variable in roles.items())
    return roles, "" if is_said else f"{how}: {_roles_as_words(roles)}"


def _choice_fields(draft: Draft, targets: Targets) -> dict[str, Any]:
    """Return the fields of a prompt with choices. One for free text has no family, as no dataset could score it."""
    families = {"families": [targets.family]} if targets.family else {}
    return {"choices": dict(zip(draft.labels or draft.choices, draft.choices, strict=True)), **families}


def _demonstrations(draft: Draft, roles: Mapping[str, str], choices: Mapping[str, str]) -> dict[str, Any]:
    label_of_choice = {choice: label for label, choice in choices.items()}
    examples = [
        {
            **{variable: shot.texts[column] for column, variable in roles.items() if shot.texts.get(column)},
            "label": label_of_choice.get(shot.answer, shot.answer),
        }
        for shot in draft.shots
    ]
    return {"choose": "fixed", "examples": examples, "separator": draft.separator}


def _roles_as_words(roles: Mapping[str, str]) -> str:
    in_order = sorted(roles, key=lambda column: roles[column])
    return ", ".join(f"{roles[column]} is {column}" for column in in_order)


def _choices_as_words(card: PromptCard) -> str:
    """Return what a prompt's labels are answered with, so that a person sees which choice stands for which label."""
    words = [f"{label[:_LONGEST]} → {choice[:_LONGEST]}" for label, choice in card.choices.items()]
    more = [f"and {len(words) - _MAX_SHOWN} more"] if len(words) > _MAX_SHOWN else []
    return f"labels: {', '.join(words[:_MAX_SHOWN] + more)}" if words else ""
