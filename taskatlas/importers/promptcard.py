"""One template of a file → one prompt card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.agreed import agreed_roles, require_known
from taskatlas.importers.columns import columns_of, field_roles, guessed_roles, named_roles, rename_columns
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.ownchoices import names_in_choices
from taskatlas.importers.paths import dotted
from taskatlas.importers.syntax import names_in, tree_of
from taskatlas.importers.targets import Targets
from taskatlas.importers.write import checked_card
from taskatlas.predict.sandbox import LIST, compile_template
from taskatlas.schemas.cards import MAX_LINE, DatasetCard
from taskatlas.schemas.inputs import CHOICE_LABELS, is_field_name
from taskatlas.schemas.prompts import ROW, PromptCard

_MAX_SHOWN = 12
"""Labels in a line."""
_TEXTS = ("text", "text_pair")
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
        raise InputError(f"it uses the column {dotted(telling[0])!r}, which says the answer")
    shown, _ = columns_of(draft.template, of_rows=bool(draft.row_columns))
    fields = draft.line_columns | names_in_choices(draft)
    return [column for column in shown if column not in fields]


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
    roles, how = _roles(draft, columns, pair, options, targets.datasets)
    about = " ".join(filter(None, template.about[:-1]))
    content: dict[str, Any] = {
        "name": name,
        "description": " ".join((f"{template.title} ({about})" if about else template.title).split())[:MAX_LINE],
        "template": rename_columns(draft.template, roles),
        **_fields(roles),
        **draft.card,
        **(_choice_fields(draft, targets, roles) if draft.is_chosen else {}),
    }
    if draft.shots:
        content["demonstrations"] = _demonstrations(draft, roles, content.get("choices", {}))
    card = checked_card(PromptCard, content)
    notes = ("" if draft.is_chosen else "free text", how, _choices_as_words(card, draft), draft.note)
    return card, "; ".join(filter(None, notes))


def _roles(
    draft: Draft,
    columns: Sequence[str],
    pair: Sequence[str],
    options: ImportOptions,
    datasets: Sequence[DatasetCard],
) -> tuple[dict[str, str], str]:
    """Return column → variable, and how that is known."""
    shown, deciding = columns_of(draft.template, of_rows=bool(draft.row_columns))
    others = [*(column for column in shown if column not in columns), *deciding]
    deciding = [*others, *sorted(names_in_choices(draft) - {LIST, *shown, *deciding})]
    known = agreed_roles(datasets, [*columns, *deciding])
    require_known([*columns, *deciding], known, options, datasets)
    if options.text:
        return named_roles([*columns, *deciding], options.text, options.text_pair, known), ""
    roles = guessed_roles(columns, pair, {column: known[column] for column in columns if column in known})
    roles |= {column: known[column] for column in deciding if column in known}
    roles |= field_roles([column for column in deciding if column not in roles], roles.values())
    how = "as its datasets have it" if known.keys() == roles.keys() else "guessed"
    is_said = all(column == variable for column, variable in roles.items() if variable in _TEXTS)
    fields = [column for column, variable in roles.items() if is_field_name(variable)]
    return roles, "" if is_said and not fields else f"{how}: {_roles_as_words(roles)}"


def _fields(roles: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the named fields that a card shows."""
    fields = [variable for variable in roles.values() if is_field_name(variable)]
    return {"fields": fields} if fields else {}


def _choice_fields(draft: Draft, targets: Targets, roles: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a prompt with choices. One for free text has no family, as no dataset could score it."""
    families = {"families": [targets.family]} if targets.family else {}
    if draft.asks_rows:
        texts = [rename_columns(text, roles) for text in draft.choices]
        return {"choices": dict(zip(draft.labels or CHOICE_LABELS, texts, strict=False)) or ROW, **families}
    return {"choices": dict(zip(draft.labels or draft.choices, draft.choices, strict=True)), **families}


def _demonstrations(draft: Draft, roles: Mapping[str, str], choices: Mapping[str, str]) -> dict[str, Any]:
    label_of_choice = {choice: label for label, choice in choices.items()}
    examples = []
    for shot in draft.shots:
        there = {variable: shot.texts[column] for column, variable in roles.items() if shot.texts.get(column)}
        fields = {variable: there.pop(variable) for variable in [*there] if variable not in _TEXTS}
        label = label_of_choice.get(shot.answer, shot.answer)
        examples.append({**there, **({"fields": fields} if fields else {}), "label": label})
    return {"choose": "fixed", "examples": examples, "separator": draft.separator}


def _roles_as_words(roles: Mapping[str, str]) -> str:
    in_order = sorted(roles, key=lambda column: (roles[column] not in _TEXTS, roles[column]))
    words = [
        f"{'' if roles[column] in _TEXTS else 'field '}{roles[column]} is {dotted(column)}"
        for column in in_order
        if roles[column] in _TEXTS or (is_field_name(roles[column]) and roles[column] != column)
    ]
    named = [column for column in in_order if is_field_name(roles[column]) and roles[column] == column]
    return ", ".join(words + ([f"fields {', '.join(named)}"] if named else []))


def _choices_as_words(card: PromptCard, draft: Draft) -> str:
    """Return what a prompt's labels are answered with, so that a person sees which choice stands for which label."""
    own = "each row's own choices" if draft.row_columns or card.takes_all_choices else ""
    own += f", of {', '.join(map(dotted, draft.row_columns))}" if draft.row_columns else ""
    if card.takes_all_choices:
        return own
    words = [f"{label[:_LONGEST]} → {choice[:_LONGEST]}" for label, choice in card.choices.items()]
    more = [f"and {len(words) - _MAX_SHOWN} more"] if len(words) > _MAX_SHOWN else []
    return "; ".join(filter(None, [own, f"labels: {', '.join(words[:_MAX_SHOWN] + more)}" if words else ""]))
