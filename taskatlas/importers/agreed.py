"""Columns as the cards of a family's datasets have them: which one is the text, and which one the second text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskatlas.errors import InputError
from taskatlas.importers.columns import field_roles
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.paths import dotted, folded_name
from taskatlas.schemas.cards import DatasetCard


def agreed_roles(datasets: Sequence[DatasetCard], columns: Sequence[str]) -> dict[str, str]:
    """Return column → variable, for those of a template's columns that datasets name.

    Datasets that name all of the columns say it; where there are none, those that name one of them do.

    Raises:
        InputError: datasets disagree.

    """
    roles = {card.name: _with_names(_roles(card), columns) for card in datasets}
    naming = {name: own for name, own in roles.items() if set(columns) <= own.keys()}
    naming = naming or {name: own for name, own in roles.items() if not own.keys().isdisjoint(columns)}
    agreed: dict[str, str] = {}
    for name, own in naming.items():
        before = dict(agreed)
        agreed |= {column: variable for column, variable in own.items() if column in columns}
        if before.items() - agreed.items() or len(set(agreed.values())) < len(agreed):
            raise _disagreement(next(iter(naming)), name, roles)
    return agreed


def _roles(card: DatasetCard) -> dict[str, str]:
    columns = card.columns
    pair = {columns.text_pair: "text_pair"} if columns.text_pair else {}
    fields = {column: name for name, column in columns.fields.items()}
    if isinstance(columns.choices, str):
        choices = {columns.choices: "choices"}
    else:
        choices = {column: f"choices[{place}]" for place, column in enumerate(columns.choice_columns)}
    roles = {columns.text: "text"} | pair
    roles |= {column: variable for column, variable in (fields | choices).items() if column not in roles}
    return {folded_name(column): variable for column, variable in roles.items()}


def require_known(
    columns: Sequence[str], known: Mapping[str, str], options: ImportOptions, datasets: Sequence[DatasetCard]
) -> None:
    """Check that datasets whose rows hold more than texts have all columns of a template: of several it cannot be
    guessed which one the text is.

    Args:
        columns: those of the template.
        known: column → variable, as datasets have it.
        options: which columns a person says are the texts.
        datasets: what the template is for.

    Raises:
        InputError: they do not have one of them.

    """
    unknown = [column for column in columns if column not in {*known, options.text, options.text_pair}]
    if not unknown or not any(card.columns.further for card in datasets):
        return
    name, card = dotted(unknown[0]), next(card for card in datasets if card.columns.further)
    there = ", ".join(f"{variable} (column {dotted(column)})" for column, variable in _roles(card).items())
    (field,) = field_roles(unknown[:1], ()).values()
    mends = [f"write `columns: {{fields: {{{field}: COLUMN}}}}` in datasets/{card.name}.yaml"]
    if not options.text and "text" not in known.values():
        mends.insert(0, f"say --text {name} where it is the text")
    raise InputError(f"it shows {name!r}, which {card.name} does not have: there are {there}; {', or '.join(mends)}")


def variables_of_columns(datasets: Sequence[DatasetCard]) -> dict[str, str]:
    """Return column → variable, for all columns and names of what datasets hold; of several datasets the first says
    it."""
    variables: dict[str, str] = {}
    for roles in map(_roles, datasets):
        variables = {**_with_names(roles, ()), **variables}
    return variables


def _with_names(roles: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return column → variable with the variables' own names, which a template may use instead of their columns."""
    by_column = {variable for column, variable in roles.items() if column in columns}
    names = {variable: variable for variable in roles.values() if variable.isidentifier() and variable not in roles}
    return roles | {name: variable for name, variable in names.items() if variable not in by_column}


def _disagreement(first: str, other: str, roles: dict[str, dict[str, str]]) -> InputError:
    says = [
        f"{name} has " + ", ".join(f"{variable} {dotted(column)}" for column, variable in roles[name].items())
        for name in (first, other)
    ]
    what = f"the family's datasets disagree on its columns: {', and '.join(says)}"
    return InputError(f"{what}; name them with --text and --text-pair")
