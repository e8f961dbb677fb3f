"""Columns as the cards of a family's datasets have them: which one is the text, and which one the second text."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.errors import InputError
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
    pair = {card.columns.text_pair: "text_pair"} if card.columns.text_pair else {}
    return {card.columns.text: "text"} | pair


def _disagreement(first: str, other: str, roles: dict[str, dict[str, str]]) -> InputError:
    says = [
        f"{name} has " + ", ".join(f"{variable} {column}" for column, variable in roles[name].items())
        for name in (first, other)
    ]
    what = f"the family's datasets disagree on its columns: {', and '.join(says)}"
    return InputError(f"{what}; name them with --text and --text-pair")
