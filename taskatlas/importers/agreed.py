"""Columns as the cards of a family's datasets have them: which one is the text, and which one the second text."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.errors import InputError
from taskatlas.importers.paths import dotted, folded_name
from taskatlas.schemas.cards import DatasetCard


def agreed_roles(datasets: Sequence[DatasetCard], columns: Sequence[str]) -> dict[str, str]:
    """Return column → variable, for those of a template's columns that datasets name.

    Datasets that name all of the columns say it; where there are none, those that name one of them do.

    Raises:
        InputError: datasets disagree.

    """
    roles = {card.name: _roles(card) for card in datasets}
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


def _disagreement(first: str, other: str, roles: dict[str, dict[str, str]]) -> InputError:
    says = [
        f"{name} has " + ", ".join(f"{variable} {dotted(column)}" for column, variable in roles[name].items())
        for name in (first, other)
    ]
    what = f"the family's datasets disagree on its columns: {', and '.join(says)}"
    return InputError(f"{what}; name them with --text and --text-pair")
